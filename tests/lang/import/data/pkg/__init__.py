from . import a
from .sub import deep
__all__ = ["a", "late"]
def __getattr__(name):
    if name == "lazy": return "lazy value"
    raise AttributeError(name)
