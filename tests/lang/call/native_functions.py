# Builtin functions and methods called from compiled code: every number of arguments, errors, rebinding, keywords, receivers of other types.
import math

def ask(a, b):
    return len(a), min(a, b), abs(-3), round(2.567, 1), round(2.567), pow(2, 5), pow(2, 5, 7), isinstance(a, str), max(a, b), sorted(a), repr(b), divmod(7, 2)
for i in range(600): r = ask("abc", "bcd")
print(r)

def methods(s, l, d):
    l.append(s.find("b"))
    l.append(s.find("b", 2))
    l.append(s.find("b", 0, 1))
    return s.split(), s.split("b"), s.split("b", 1), s.replace("a", "x"), d.get("k"), d.get("q", 5), s.upper().lower(), s.startswith("ab"), l.pop(), l.index(1)
for i in range(600): r = methods("ab cb", [], {"k": 1})
print(r)
class S(str):
    def upper(self): return "mine"
print(methods(S("ab cb"), [], {"k": 2}))

def wrong(fn, *args):
    try: print(fn(*args))
    except Exception as e: print(type(e).__name__, e)
def length(x): return len(x)
def root(x): return math.sqrt(x)
def floor(x): return math.floor(x)
def number(x): return float(x)
for i in range(600): length([i]), root(4.0), floor(2.5), number("1.5")
for x in ([1, 2], 5, "xyz", None, -1.0, float("inf"), float("nan"), 10**400, "no"):
    for fn in (length, root, floor, number): wrong(fn, x)

def grows(n):
    total = 0
    for i in range(n):
        total += len("x" * (i % 5)) + min(i, 3)
    return total
print(grows(3000))
builtin_len = len
def len(x): return 100 + builtin_len(x)
print(grows(3000), length("ab"))
del len
print(grows(3000), length("ab"))

def handled(x):
    try: return length(x)
    except TypeError: return -1
for i in range(600): handled(""), handled(3)
print(handled("abc"), handled(3))

class Key:
    def __len__(self): return self.n
k = Key()
def changing(o):
    t = 0
    for i in range(2000):
        o.n = i
        t += length(o)
        if i == 1000: o.extra = 1
    return t
print(changing(k))

def six(a, b, c, d, e, f): return a + b * 2 + c * 3 + d * 4 + e * 5 + f * 6
def eight(a, b, c, d, e, f, g, h): return [a, b, c, d, e, f, g, h] if a > 590 else (a, h)
def nine(a, b, c, d, e, f, g, h, i): return a + i if i else nine(a, b, c, d, e, f, g, h, 1)
for i in range(600): r = six(i, 1, 2, 3, 4, 5), eight(i, 1, 2, 3, 4, 5, 6, i), nine(i, 1, 2, 3, 4, 5, 6, 7, 0)
print(r, six(1.5, 2, 3, 4, 5, 6), six("a", "b", "c", "d", "e", "f") if False else "", eight(1, *"bcdefgh"))
wrong(six, 1, 2, 3, 4, 5)
wrong(eight, "x", 2, 3, 4, 5, 6, 7, 8)
def deep(a, b, c, d, e, f, g): return 0 if a == 0 else 1 + deep(a - 1, g, b, c, d, e, f)
print(deep(500, 1, 2, 3, 4, 5, 6))
wrong(deep, 10**6, 1, 2, 3, 4, 5, 6)
