#!/usr/bin/python3
"""Random Python programs through every way of execution: CPython, interpreter, compiled at first call, compiled with guards that fail at random.

    tests/fuzz/fuzz_rir.py [--build DIR] [--seed N] [--runs N] [--seconds S] [-j N] [--keep DIR] [FILES...]

A program is a few functions of random statements that are called many times, first with arguments of one kind (so that compiled code believes in it), then
with others; everything they return or raise is printed, with the line and the locals of the frame that raised. All outputs must be equal. A failing
program is made smaller, statement by statement, and written to the folder --keep (default: build/fuzz); to try it again, name the file. The files in
tests/fuzz/rir_corpus failed once; they run first. The last line is `N passed, N failed`.
"""
import argparse, ast, concurrent.futures, os, random, subprocess, sys, time, warnings

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
PYTHON = "/usr/bin/python3"
CORPUS = os.path.join(HERE, "rir_corpus")
WAYS = [["--tier=interp"], ["--tier=native"], ["--tier=native", "--stress=deopt=7"], ["--tier=native", "--stress=deopt=2"], ["--tier=auto"]]

HEAD = '''
import sys
class P:
    def __init__(self, x, y=1):
        self.x = x
        self.y = y
    def __add__(self, o):
        return P(self.x + (o.x if isinstance(o, P) else o), self.y)
    def __repr__(self):
        return "P(%r, %r)" % (self.x, self.y)
    def norm(self):
        return self.x * self.x + self.y * self.y
    @property
    def both(self):
        return (self.x, self.y)
class Q(P):
    def norm(self):
        self.z = self.x
        return self.y
class M:
    def __init__(self, swallow): self.swallow = swallow
    def __enter__(self): return 3
    def __exit__(self, t, e, tb): return self.swallow and t is not None and issubclass(t, (TypeError, ZeroDivisionError))
G = 5
H = 2.5
def small(v):
    if isinstance(v, int) and not isinstance(v, bool): return v % 1000003 if abs(v) > 10**40 else v
    if isinstance(v, (str, list, tuple)) and len(v) > 40: return v[:3]
    return v
def show(v):
    return repr(v)[:300]
def attempt(f, *a):
    try:
        r = f(*a)
        if hasattr(r, "send"): r = list(r)
        return show(r)
    except RecursionError:
        return "recursion"
    except Exception as e:
        tb = e.__traceback__.tb_next
        while tb and tb.tb_next and tb.tb_next.tb_frame.f_code.co_filename == __file__: tb = tb.tb_next
        if isinstance(e, UnboundLocalError): return "%s %s" % (type(e).__name__, e) # CPython's line varies
        where = "" if tb is None else "line %d %s" % (tb.tb_lineno, sorted((k, show(v)) for k, v in tb.tb_frame.f_locals.items() if not callable(v))[:12])
        return "%s %s %s" % (type(e).__name__, e, where)
'''

TAIL = '''
ints = [(i, 7 - i, i * 3 + 1) for i in range(-4, 12)]
floats = [(i * 0.5, 3.25 - i, 1.5) for i in range(-3, 6)]
odd = [(True, 2, 3), (2**62, 2**47, -2**63), (1, 2.0, 3), ("ab", 3, 1), ([1, 2], 2, 0), ((1, 2.5, None), 1, 2), (None, 1, 2), (1j, 2, 0.5), (P(1, 2), 3, 4),
       (Q(1.5), P(2), 1), ({1: 2, "k": 3}, 1, "k"), (0, 0, 0), (1e308, 1e308, -1.0), (float("nan"), 1.0, float("inf")), (b"xy", 1, 0), (range(5), 2, 1)]
for f in (%s):
    for kind in (ints * 6, floats * 3, odd, ints, odd):
        out = [attempt(f, *a) for a in kind]
        print(f.__name__, out[:16], out[-9:])
'''


class Program:
    def __init__(self, seed):
        self.r = random.Random(seed)
        self.lines = []
        self.n_funcs = self.r.randint(1, 3)

    def text(self):
        names = []
        for k in range(self.n_funcs):
            names.append("f%d" % k)
            self.function(k)
        return HEAD + "\n".join(self.lines) + "\n" + TAIL % (", ".join(names) + ",")

    def function(self, k):
        r = self.r
        self.me, self.gen, self.depth, self.loops = k, r.random() < 0.25, 1, 0
        self.vars = ["a", "b", "c"]
        self.closure = not self.gen and r.random() < 0.2
        self.emit(0, "def f%d(a, b%s, c%s):" % (k, r.choice(["", "=2"]), r.choice(["=3", "=0.5"])))
        if self.closure:
            self.emit(1, "t = 0")
            self.emit(1, "def add(k):")
            self.emit(2, "nonlocal t")
            self.emit(2, "t = small(t + k)")
            self.emit(2, "return t")
            self.vars.append("t")
        for v in r.sample("defgh", r.randint(1, 4)):
            self.emit(1, "%s = %s" % (v, r.choice(["0", "1", "0.0", "1.5", "a", "b * 2", "P(1, 2)", "(1, 2)"])))
            self.vars.append(v)
        for _ in range(r.randint(2, 6)):
            self.statement(1, 3)
        if self.gen:
            self.emit(1, "yield " + self.expr(2))
        self.emit(1, "return (%s)" % ", ".join(self.vars[:6]))

    def emit(self, depth, line):
        self.lines.append("    " * depth + line)

    def var(self):
        return self.r.choice(self.vars)

    def target(self):
        r = self.r
        if r.random() < 0.5 and len(self.vars) < 9:
            v = r.choice("defghuvw")
            if v not in self.vars:
                self.vars.append(v)
                return v
        return self.var()

    def number(self, n):
        """Most likely a number."""
        r = self.r
        if n == 0 or r.random() < 0.2:
            return r.choice([self.var(), self.var(), self.var(), r.choice("abc"), str(r.choice([0, 1, 2, 3, -1, 7, 100, 1 << 40, 1 << 47])), r.choice(["0.5", "2.0", "-1.25"]), "G", "H"])
        e = lambda: self.number(n - 1)
        k = r.random()
        if k < 0.55:
            return "(%s %s %s)" % (e(), r.choice(["+", "-", "*"]), e())
        if k < 0.65:
            return "(%s %s %s)" % (e(), r.choice(["/", "//", "%"]), r.choice(["3", "7", "2.5", "-4", "16", self.var()]))
        if k < 0.70:
            return "(%s %s %s)" % (e(), r.choice(["&", "|", "^", "<<", ">>"]), r.choice(["1", "3", "5"]))
        if k < 0.78:
            return r.choice(["P(%s, %s).norm()", "P(%s, %s).x", "P(%s, %s).both[1]", "(P(%s) + %s).x", "Q(%s, %s).norm()", "(P(%s) + P(%s)).norm()"]) % (e(), e())
        if k < 0.84:
            return r.choice(["abs(%s)", "float(%s)", "-%s", "len((%s, 1))", "(%s, 2.5)[0]", "[%s, 4][-2]"]) % e()
        if k < 0.90:
            return "(%s if %s %s %s else %s)" % (e(), e(), r.choice(["<", ">=", "==", "!="]), e(), e())
        if self.closure and r.random() < 0.3:
            return "add(%s)" % e()
        return "%s(%s, %s)" % (r.choice(["min", "max"]), e(), e())

    def expr(self, n):
        if self.r.random() < 0.75:
            return self.number(n)
        r = self.r
        if n == 0 or r.random() < 0.15:
            return r.choice([self.var(), self.var(), self.var(), str(r.choice([0, 1, 2, 3, -1, 7, 100, 1 << 40, 1 << 47])), r.choice(["0.5", "2.0", "-1.25", "1e10"]),
                             r.choice(["True", "None", "'s'", "G", "H", "()", "1j"])])
        e = lambda: self.expr(n - 1)
        k = r.random()
        if k < 0.42:
            return "(%s %s %s)" % (e(), r.choice(["+", "-", "*", "+", "-", "*", "/", "//", "%", "&", "|", "^"]), e())
        if k < 0.46:
            return "(%s %s %d)" % (e(), r.choice(["<<", ">>", "**"]), r.randint(0, 4))
        if k < 0.55:
            return "(%s %s %s)" % (e(), r.choice(["<", "<=", "==", "!=", ">", ">=", "is", "is not", "in"]), e())
        if k < 0.60:
            return "(%s %s %s)" % (e(), r.choice(["and", "or"]), e())
        if k < 0.64:
            return "(%s if %s else %s)" % (e(), e(), e())
        if k < 0.68:
            return r.choice(["-%s", "not %s", "~%s", "+%s"]) % self.expr(0)
        if k < 0.72:
            return "%s[%s]" % (r.choice([self.var(), "(%s, %s)" % (e(), e()), "[%s, %s, 3]" % (e(), e())]), e())
        if k < 0.76:
            return r.choice(["(%s, %s)", "[%s, %s]", "{1: %s, 2: %s}", "f'{%s!r} {%s}'"]) % (e(), e())
        if k < 0.82:
            return r.choice(["P(%s, %s).norm()", "P(%s, %s).x", "P(%s, %s).both", "(P(%s) + %s).x", "Q(%s, %s).norm()", "(P(%s) + P(%s)).norm()"]) % (e(), e())
        if k < 0.90:
            calls = ["abs(%s)" % e(), "int(%s)" % e(), "float(%s)" % e(), "len(%s)" % e(), "min(%s, %s)" % (e(), e()), "max(%s, %s)" % (e(), e()), "small(%s)" % e(),
                     "isinstance(%s, int)" % e(), "divmod(%s, %s)" % (e(), e()), "str(%s)[:5]" % e(), "bool(%s)" % e(), "round(%s)" % e(), "sum([%s, %s])" % (e(), e())]
            if self.me and r.random() < 0.4:
                j = r.randrange(self.me)
                return "small(attempt(f%d, %s, %s))" % (j, e(), e())
            if self.closure and r.random() < 0.3:
                return "add(%s)" % e()
            return r.choice(calls)
        if k < 0.94:
            return "[%s for q in range(%d)%s]" % (r.choice(["q", "q * 2", "q + %s" % self.var()]), r.randint(0, 4), r.choice(["", " if q %% 2 == %d" % r.randint(0, 1)]))
        if self.gen and r.random() < 0.6:
            return "(yield %s)" % e()
        return "(%s := %s)" % (self.target(), e())

    def statement(self, depth, n):
        r = self.r
        k = r.random()
        if n == 0 or k < 0.40:
            v = self.target()
            self.emit(depth, "%s = small(%s)" % (v, self.expr(r.randint(1, 3))) if r.random() < 0.7 else "%s = %s" % (v, self.expr(2)))
        elif k < 0.52:
            self.emit(depth, "%s %s %s" % (self.var(), r.choice(["+=", "-=", "*=", "//=", "%="]), self.expr(1)))
            if r.random() < 0.7:
                v = self.lines[-1].split()[0]
                self.emit(depth, "%s = small(%s)" % (v, v))
        elif k < 0.64:
            self.emit(depth, "if %s:" % self.expr(2))
            self.block(depth + 1, n - 1)
            if r.random() < 0.5:
                self.emit(depth, "else:")
                self.block(depth + 1, n - 1)
        elif k < 0.76 and self.loops < 2:
            self.loops += 1
            v = r.choice(["i", "j", "k"]) + str(self.loops)
            self.emit(depth, "for %s in %s:" % (v, r.choice(["range(%d)" % r.randint(0, 9), "range(%d, %d, %d)" % (r.randint(-3, 9), r.randint(-3, 9), r.choice([1, 2, -1, -3])),
                                                         "(1, 2.5, 3)", "[1, 2, 3, 4]", self.var(), "'xyz'"])))
            self.vars.append(v)
            self.block(depth + 1, n - 1)
            if r.random() < 0.3:
                self.emit(depth + 1, "if %s: %s" % (self.expr(1), r.choice(["break", "continue"])))
            self.loops -= 1
        elif k < 0.82 and self.loops < 2:
            self.loops += 1
            v = "n%d" % self.loops
            self.emit(depth, "%s = 0" % v)
            self.vars.append(v)
            self.emit(depth, "while %s < %d:" % (v, r.randint(1, 9)))
            self.emit(depth + 1, "%s += 1" % v)
            self.vars.remove(v)  # nobody else writes the counter
            self.block(depth + 1, n - 1)
            self.loops -= 1
        elif k < 0.92:
            self.emit(depth, "try:")
            self.block(depth + 1, n - 1)
            if r.random() < 0.3:
                self.emit(depth + 1, "raise %s" % r.choice(["ValueError(%s)" % self.expr(1), "KeyError", "IndexError('i')"]))
            if r.random() < 0.85:
                self.emit(depth, "except %s:" % r.choice(["TypeError", "(ValueError, KeyError)", "Exception", "ZeroDivisionError", "Exception as e", "LookupError"]))
                self.block(depth + 1, n - 1)
                if r.random() < 0.2:
                    self.emit(depth + 1, "raise")
                if r.random() < 0.3:
                    self.emit(depth, "finally:")
                    self.block(depth + 1, 0)
            else:
                self.emit(depth, "finally:")
                self.block(depth + 1, 0)
        elif k < 0.95:
            self.emit(depth, "with M(%s) as w:" % r.choice(["True", "False", self.expr(1)]))
            if "w" not in self.vars:
                self.vars.append("w")
            self.block(depth + 1, n - 1)
        elif k < 0.97 and self.gen:
            self.emit(depth, r.choice(["yield %s", "yield from (%s, 1)"]) % self.expr(1))
        elif k < 0.98:
            self.emit(depth, "if %s: del %s" % (self.expr(1), self.r.choice([v for v in self.vars if v != "t"])))
        else:
            self.emit(depth, "if %s: return %s" % (self.expr(1), self.expr(1)))

    def block(self, depth, n):
        for _ in range(self.r.randint(1, 3)):
            self.statement(depth, n)


def run(words, file, limit=60):
    try:
        p = subprocess.run(words + [file], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, timeout=limit,
                           env={**os.environ, "PYTHONHASHSEED": "0"}, cwd=os.path.dirname(file))
        return "%d\n%s" % (p.returncode, p.stdout.decode("utf-8", "replace"))
    except subprocess.TimeoutExpired:
        return "timeout"


def differs(exe, file):
    """None, or (way, first line that differs)."""
    want = run([PYTHON, "-W", "ignore"], file, 20)
    if want == "timeout" or not want.startswith("0"):
        return None  # too slow, or nothing to compare with
    for way in WAYS:
        got = run([exe, *way], file)
        if got != want:
            a, b = want.splitlines(), got.splitlines()
            k = next((i for i in range(min(len(a), len(b))) if a[i] != b[i]), min(len(a), len(b)))
            return " ".join(way), (a[k] if k < len(a) else "(end)")[:400], (b[k] if k < len(b) else "(end)")[:400]
    return None


def smaller(exe, file):
    """Drops statements of the functions as long as the program fails."""
    with open(file) as f:
        tree = ast.parse(f.read())
    functions = [n for n in tree.body if isinstance(n, ast.FunctionDef) and n.name[0] == "f" and n.name[1:].isdigit()]

    def fails():
        with open(file + ".try.py", "w") as f:
            f.write(ast.unparse(ast.fix_missing_locations(tree)))
        return differs(exe, file + ".try.py") is not None

    def shrink(body):
        k = 0
        while k < len(body):
            s = body.pop(k)
            if not body or not fails():
                body.insert(k, s)
                for part in ("body", "orelse", "finalbody"):
                    if getattr(s, part, None) and not isinstance(s, ast.FunctionDef):
                        shrink(getattr(s, part))
                k += 1

    if not fails():
        return
    for f in functions:
        shrink(f.body)
    if fails():
        os.replace(file + ".try.py", file)


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--build", default=os.path.join(ROOT, "build", "release"))
    ap.add_argument("--seed", type=int, default=1)
    ap.add_argument("--runs", type=int, default=12)
    ap.add_argument("--seconds", type=float, default=1e9, help="start no program after so long")
    ap.add_argument("-j", type=int, default=2)
    ap.add_argument("--keep", default=os.path.join(ROOT, "build", "fuzz"))
    ap.add_argument("files", nargs="*")
    o = ap.parse_args()
    exe = os.path.join(os.path.abspath(o.build), "replicant")
    os.makedirs(o.keep, exist_ok=True)
    start = time.monotonic()
    jobs = [os.path.abspath(f) for f in o.files] or sorted(os.path.join(CORPUS, f) for f in os.listdir(CORPUS) if f.endswith(".py"))
    if not o.files:
        jobs += range(o.seed, o.seed + o.runs)

    def one(job):
        if time.monotonic() - start > o.seconds:
            return None
        file = job
        if isinstance(job, int):
            file = os.path.join(o.keep, "program%d.py" % job)
            with open(file, "w") as f:
                f.write(Program(job).text())
            try:
                compile(open(file).read(), file, "exec")
            except (SyntaxError, ValueError):
                os.unlink(file)
                return None
        d = differs(exe, file)
        if isinstance(job, int) and d is None:
            os.unlink(file)
        if d and isinstance(job, int):
            smaller(exe, file)
        return (file, d)

    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(o.j) as pool:
        for r in pool.map(one, jobs):
            if r is None:
                continue
            if r[1] is None:
                passed += 1
                continue
            failed += 1
            print("FAIL %s [%s]\n    cpython:   %s\n    replicant: %s" % (os.path.relpath(r[0], ROOT), *r[1]), flush=True)
    print("%d passed, %d failed" % (passed, failed))
    return failed != 0


warnings.simplefilter("ignore")
sys.exit(main())
