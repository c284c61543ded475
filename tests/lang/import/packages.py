# Packages, relative imports, from-lists, star, circular imports, failures.
import sys
sys.path.insert(0, __file__.rpartition("/")[0] + "/data" if "/" in __file__ else "data")
import pkg, pkg.sub.deep as d
print(pkg.__name__, pkg.__package__, pkg.a.value, d.up, d.here, pkg.lazy, pkg.__spec__.name, len(pkg.__path__))
print(pkg.sub is sys.modules["pkg.sub"], "pkg.late" in sys.modules)
from pkg import late
print(late.late, pkg.late is late)
ns = {}
exec("from pkg import *", ns)
print(sorted(k for k in ns if not k.startswith("__")))
for code in ("import nope_nope", "import pkg.nope", "from pkg import nope", "import pkg.a.x", "from . import x", "from math import nope", "import pkg.broken", "import math.x"):
    try:
        exec(code, {"__name__": "__main__", "__package__": None})
    except Exception as e:
        print(code, "->", type(e).__name__, str(e).replace(pkg.__path__[0], "P"), getattr(e, "name", None))
print("pkg.broken" in sys.modules)
m = __import__("pkg.sub.deep")
print(m is pkg, __import__("pkg.sub.deep", fromlist=["up"]) is d)
import types
mod = types.ModuleType("made", "doc")
print(mod, mod.__doc__, mod.__dict__["__name__"])
sys.modules["made"] = mod
import made
print(made is mod, sys, math if "math" in dir() else "no math")
sys.modules["gone"] = None
try:
    import gone
except ImportError as e:
    print(type(e).__name__, e)
try:
    mod.missing
except AttributeError as e:
    print(e, e.name)
