class T:
    def __init__(self, v): self.v = v
    def __bool__(self): print("bool", self.v); return bool(self.v)
    def __lt__(self, o): print("lt", self.v, o); return T(self.v < getattr(o, "v", o))
    def __eq__(self, o): print("eq", self.v); return NotImplemented
    def __repr__(self): return f"T({self.v})"
t, f = T(1), T(0)
print(t and f, f and t, t or f, f or t, not t, not f)
if t and not f: print("yes")
if f or (t and t): print("yes")
if not (t or f): print("no")
else: print("else")
print(1 < 2 < 3, 1 < 3 < 2, 3 > 2 > 1 > 0, 1 == 1 != 2, "a" in "abc" in ["abc"])
print(T(1) < T(2), T(1) < T(2) < T(3), 5 if T(1) < T(0) else 6)
nan = float("nan")
print(nan < 1, not nan < 1, nan >= 1, nan == nan, nan is nan, nan != nan)
if not nan < 1: print("not less")
if nan >= 1: print("bad")
while not nan > 0:
    print("loop"); break
x = None
print(x is None, x is not None, "none" if x is None else "some", x is not None and x.foo)
if x is None and not x: print("is none")
print([] or {} or 0 or "" or "last", 1 and [] and 2, (0 or 1) and (2 and 3))
print(1 in (1, 2), 3 not in [1, 2], "k" in {"k": 1}, 2 in {1, 2}, 5 not in range(3))
def chain(a, b, c):
    if a < b < c: return "up"
    if not a < b < c and a > b: return "down"
    return "?"
print(chain(1, 2, 3), chain(3, 2, 1), chain(1, 1, 1))
calls = []
def side(v): calls.append(v); return v
print(side(1) < side(0) < side(5), calls)
print(True if side(0) else (side(2) and "two"), not side(""), 1 if not None else 0)
print((1 if 0 else 2) if 3 else 4, [i for i in range(4) if i if i != 2], 1 < 2 and 2 < 1 or "tail")
assert 1 < 2, "fine"
try: assert f, "message"
except AssertionError as e: print(repr(e))
try: assert not t
except AssertionError as e: print(repr(e))
if 0: print("dead")
elif "": print("dead")
else: print("live")
print(1 if __debug__ else 2, 1 is 1, (1, 2) == (1, 2), -0.0 == 0.0, 2**70 == 2**70)
