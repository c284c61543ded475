class M:
    def __init__(self, name, swallow=False, fail=None):
        self.name, self.swallow, self.fail = name, swallow, fail
    def __enter__(self):
        print("enter", self.name)
        if self.fail == "enter": raise ValueError("enter " + self.name)
        return self.name.upper()
    def __exit__(self, t, e, tb):
        print("exit", self.name, t and t.__name__, e, tb is not None)
        if self.fail == "exit": raise KeyError("exit " + self.name)
        return self.swallow
with M("a") as a:
    print(a)
with M("a") as a, M("b") as b:
    print(a, b)
with (M("c") as c, M("d"),):
    print(c)
try:
    with M("e"):
        1 / 0
except ZeroDivisionError as e:
    print("out", e)
with M("f", swallow=True):
    1 / 0
print("after f")
def ret():
    with M("g") as g:
        return g
print(ret())
def loop():
    for i in range(3):
        with M(str(i)):
            if i == 0: continue
            if i == 1: break
    return "looped"
print(loop())
try:
    with M("h"), M("i", fail="enter"):
        print("never")
except ValueError as e:
    print(e)
try:
    with M("j", fail="exit"):
        raise ValueError("body")
except KeyError as e:
    print(e, repr(e.__context__))
with M("k", swallow=True), M("l", fail="exit"):
    pass
try:
    with 42: pass
except TypeError as e:
    print(e)
class NoExit:
    def __enter__(self): pass
try:
    with NoExit(): pass
except TypeError as e:
    print(e)
d = {}
with M("m") as d["x"], M("n") as (p, ):
    print(d, p)
def both():
    try:
        with M("o"):
            try:
                return "value"
            finally:
                print("inner finally")
    finally:
        print("outer finally")
print(both())
class Once:
    n = 0
    def __enter__(self): return self
    def __exit__(self, *a):
        Once.n += 1
        raise RuntimeError("exit once")
try:
    with Once():
        pass
except RuntimeError as e:
    print(e, Once.n)
