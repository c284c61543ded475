# Reports of uncaught exceptions: source lines, carets, chains, notes, groups, repeated frames, suggestions, syntax errors.
import sys
class Collect:
    text = ""
    def write(self, s): self.text += s
    def flush(self): pass
sys.stderr = Collect()
class A:
    def foo(self): pass
def f(x):
    return x["a"] + (1 / 0)
def g(n):
    if n: return g(n - 1)
    return undefined_nam
undefined_name = 1
def run(fn):
    try:
        fn()
    except Exception as e:
        sys.excepthook(type(e), e, e.__traceback__)
run(lambda: f({"a": 1}))
run(lambda: g(6))
run(lambda: A().fooo)
def h():
    try:
        {}["k"]
    except KeyError as e:
        raise ValueError("x\ny") from e
run(h)
def i():
    try:
        {}["k"]
    except KeyError as e:
        e.add_note("note1\nline2")
        raise TypeError
run(i)
run(lambda: (1 +
   None + 2))
x = [[1], 2]
run(lambda: x[0][5][6])
run(lambda: foo(a, b(x[1 + "a"])))
def k():
    raise ExceptionGroup("grp", [ValueError(1), ExceptionGroup("in", [KeyError("q"), OSError(2, "No")])])
run(k)
run(lambda: compile("a b\n", "<s>", "exec"))
run(lambda: compile("  x = (1,\n", "f.py", "exec"))
print(sys.stderr.text.replace(__file__, "FILE"))
