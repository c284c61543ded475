from . import b
value = "a"
