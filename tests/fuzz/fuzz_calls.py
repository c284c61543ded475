#!/usr/bin/python3
"""Every function, class and method that is written in C, called with things that it does not expect: nothing may crash, nothing may fail without an exception.

    tests/fuzz/fuzz_calls.py [--build DIR] [--seconds N] [--seed N] [--tier interp]

Each run calls some thousand of them in one process, in an order drawn from the seed. What ends a run is printed with its arguments, left out, and the seed tried again.
Last line: N passed, N failed; passed are the runs that came to their end. What waits, sleeps, or leaves the program is not called (LEFT_OUT).
"""
import os
import subprocess
import sys

MODULES = """builtins sys math cmath itertools functools operator collections _collections array struct _struct zlib binascii time _random json _json re _sre io _io weakref
 _weakref threading _thread queue _queue contextvars marshal gc codecs _codecs string _string heapq bisect types unicodedata hashlib select errno _csv _abc _functools _operator
 _contextvars _datetime datetime _pickle decimal fractions atexit traceback replicant _statistics _socket""".split()
LEFT_OUT = set("""input breakpoint exit quit _exit abort sleep open open_code FileIO fdopen close dup kill raise_signal interrupt_main fork help exec eval __import__ settrace
 setprofile setrecursionlimit set_int_max_str_digits stack_size set_debug set_threshold freeze disable excepthook unraisablehook displayhook acquire acquire_lock lock wait get put join
 start_new_thread start_new _shutdown _acquire_restore __enter__ select poll epoll accept recv read readline readlines readall limit repeat count cycle factorial comb perm""".split())
CALLS = 12  # of each
LIMIT_S = 300
SILENT = "an operation failed without an exception"  # runtime/traceback.c


def driver():
    import argparse
    import tempfile
    import time
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    p = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    p.add_argument("--build", default=os.path.join(root, "build", "release"))
    p.add_argument("--seconds", type=float, default=60)
    p.add_argument("--seed", type=int, default=1)
    p.add_argument("--tier", default="interp")
    o = p.parse_args()
    passed = failed = 0
    without, end = [], time.monotonic() + o.seconds
    with tempfile.TemporaryDirectory(prefix="fuzz_calls") as folder:
        last = os.path.join(folder, "last")
        while time.monotonic() < end:
            open(last, "w").close()
            try:
                r = subprocess.run([os.path.join(os.path.abspath(o.build), "replicant"), "--tier=" + o.tier, "--memory-limit=800", os.path.abspath(__file__), "calls", str(o.seed), last,
                                    *without], cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=LIMIT_S)
                status, text = r.returncode, r.stdout.decode("utf-8", "replace")
            except subprocess.TimeoutExpired:
                status, text = "does not end", ""
            silent = [line for line in text.split("\n") if line.startswith("SILENT ")]
            if status == 0 and not silent:
                passed, o.seed = passed + 1, o.seed + 1
                continue
            with open(last) as f:
                call = silent[0][len("SILENT "):] if silent else f.read().strip()
            failed += 1
            print("seed %d: %s: %s" % (o.seed, SILENT if silent else status, call or text[-500:]), flush=True)
            if not call:
                break
            without.append(call.split()[0])
    print("%d passed, %d failed" % (passed, failed))
    return 1 if failed else 0


class Odd:
    """Keeps no promise."""
    def __index__(self): return 1 << 40
    def __len__(self): return -1
    def __iter__(self): return self
    def __next__(self): raise KeyError
    def __hash__(self): raise ValueError
    def __eq__(self, other): raise ValueError
    def __getitem__(self, i): raise RuntimeError


class SubStr(str): pass
class SubTuple(tuple): pass
class SubList(list): pass
class SubDict(dict): pass


def values():
    import io
    import types
    return [None, True, 0, -1, 1, 2, 1 << 40, -(1 << 63), 1 << 70, 1.5, float("nan"), float("inf"), 1j, "", "a", "\ud800", "x" * 100, b"", b"ab", bytearray(b"q"),
            memoryview(b"abc"), (), (1,), (1, 2, 3), SubTuple((1,)), [], [1, 2], SubList([3]), {}, {1: 2}, SubDict(a=1), set(), {1}, frozenset(), range(3), iter([1]),
            (x for x in "ab"), Odd, Odd(), SubStr("k"), int, type, object, object(), len, lambda *a: a, print, "a".join, io.StringIO("t"), io.BytesIO(b"t"), slice(1),
            slice(None, None, -1), ..., NotImplemented, ValueError, ValueError(1), types, (1).__add__, str.join, property(len), classmethod(len), staticmethod(len),
            types.SimpleNamespace(), {1: 1}.items(), {}.keys()]


def targets(without):
    """[(name, callable)]: what has no Python code."""
    import importlib
    import types
    python = types.FunctionType, types.MethodType
    found, seen = [], set()
    for module in MODULES:
        try:
            names = vars(importlib.import_module(module))
        except ImportError:
            continue
        for key, v in sorted(names.items()):
            if key in LEFT_OUT or key.startswith("__") or not callable(v) or isinstance(v, python) or id(v) in seen:
                continue
            seen.add(id(v))
            found.append((module + "." + key, v))
            for key2 in sorted(dir(v)) if isinstance(v, type) else ():
                m = getattr(v, key2, None)
                if key2 not in LEFT_OUT and callable(m) and not isinstance(m, python):
                    found.append((module + "." + key + "." + key2, m))
    return [t for t in found if t[0] not in without]


def shown(v):
    return type(v).__name__ + (":" + repr(v)[:30] if type(v) in (int, float, str, bytes, tuple) else "")


def calls(seed, last, without):
    import io
    import random
    draw = random.Random(seed)
    todo = targets(set(without))
    draw.shuffle(todo)
    out, err, hidden = sys.stdout, sys.stderr, io.StringIO()
    silent = []
    with open(last, "w") as log:
        for name, fn in todo:
            owner = getattr(fn, "__objclass__", None)
            for _ in range(CALLS):
                pool = values()
                args = [draw.choice(pool) for _ in range(draw.choice((0, 1, 1, 2, 2, 3, 4)))]
                own = [v for v in pool if isinstance(v, owner)] if isinstance(owner, type) else []
                if own and args and draw.random() < 0.7:
                    args[0] = draw.choice(own)
                named = {draw.choice(["key", "default", "start", "x", "step", "name"]): draw.choice(pool)} if draw.random() < 0.1 else {}
                call = "%s (%s)" % (name, ", ".join([*map(shown, args), *("%s=%s" % (k, shown(v)) for k, v in named.items())]))
                log.seek(0)
                log.truncate()
                log.write(ascii(call)[1:-1])
                log.flush()
                sys.stdout = sys.stderr = hidden
                try:
                    r = fn(*args, **named)
                    repr(r)
                    iter(r)
                except BaseException as e:
                    if type(e) is SystemError and str(e) == SILENT:
                        silent.append(ascii(call)[1:-1])
                finally:
                    sys.stdout, sys.stderr = out, err
                    hidden.seek(0)
                    hidden.truncate()
    for call in silent:
        print("SILENT", call, flush=True)
    os._exit(0)  # what threading waits for at the end has been called, too


if __name__ == "__main__":
    if sys.argv[1:2] == ["calls"]:
        calls(int(sys.argv[2]), sys.argv[3], sys.argv[4:])
    else:
        sys.exit(driver())
