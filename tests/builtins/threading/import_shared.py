# Modules imported by many threads at once: run once, seen complete (but for cycles).
from _race import together
import importlib, sys

def load(i):
    def run():
        __import__("_imported.part%d" % i)
        m = sys.modules["_imported.part%d" % i]
        assert m.VALUE == list(range(30))
    return run
together(load(1), load(2), load(3), load(4))
together(load(1), repeat=4)
print(sorted(m for m in sys.modules if m.startswith("_imported")))
print(all(sys.modules["_imported.part%d" % i].DONE for i in (1, 2, 3, 4)))
def std():
    import json, textwrap, bisect, heapq, string, collections.abc
    assert json.loads(json.dumps({"a": [1, 2.5, None]})) == {"a": [1, 2.5, None]}
together(std, repeat=4)
print("std")
def attr():
    for i in range(100): assert sys.modules["_imported.part1"].VALUE[3] == 3
def reload_():
    for i in range(3): importlib.reload(sys.modules["_imported.part2"])
together(attr, reload_, attr)
print("reload")
