from ..a import value as up
from . import __name__ as here
