def note(x): print("note", x); return x
@(lambda f: f)
def f(a: note("a"), *args: note("args"), b: note("b") = note("default b"), **kw: note("kw")) -> note("ret"): pass
print(f.__annotations__)
x: note(int) = note(1)
y: note(str)
class C:
    z: note("z") = 3
    __p: int
print(__annotations__, C.__annotations__)
def g():
    v: note("not evaluated") = note("value")
    return v
g()
d = {}
d["k"]: note("subscript") = note(2)
(w): note("paren") = 5
print(d, "w" in __annotations__)
class D: pass
D.a: note("attr")
def posonly(a: 1, /, b: 2, *, c: 3): pass
print(posonly.__annotations__)
if False:
    q: int
print(sorted(__annotations__))
