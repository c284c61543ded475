import sys
from .. import pkg as p
value = ("b", p.__name__, "lang" not in __name__)
