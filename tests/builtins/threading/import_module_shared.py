# importlib.import_module and the import statement, of one module at once: it runs once, and nobody sees it half made.
import importlib
import os
import sys
import tempfile
import threading

N = 20
wrong = []


def load(way, gate, i):
    gate.wait()
    try:
        if way("m%d" % i).last != 2:
            wrong.append(i)
    except BaseException as e:
        wrong.append((i, way.__name__, repr(e)))


with tempfile.TemporaryDirectory() as folder:
    for i in range(N):
        with open(os.path.join(folder, "m%d.py" % i), "w") as f:
            f.write("import sys, time\nsys.runs = getattr(sys, 'runs', 0) + 1\ntime.sleep(0.002)\nlast = 2\n")
    sys.path.insert(0, folder)
    importlib.invalidate_caches()
    for i in range(N):
        gate = threading.Barrier(4)
        crew = [threading.Thread(target=load, args=(way, gate, i)) for way in (importlib.import_module, __import__) * 2]
        for t in crew:
            t.start()
        for t in crew:
            t.join()
print(wrong, sys.runs)
for name in ("missing", "os.missing", "json.decoder"):
    try:
        print(importlib.import_module(name).__name__)
    except ModuleNotFoundError as e:
        print(e, e.name)
