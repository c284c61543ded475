# Functions whose arguments and results stay unboxed between them: what changes midway, and every other way out of a call.
import sys, threading

def attempt(fn, *args):
    try: return fn(*args)
    except Exception as e: return type(e).__name__, str(e)[:60]

# Arguments of other types.
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
print(fib(18), fib(18), fib(18.0), fib(True), fib(18), attempt(fib, "x"), attempt(fib, None), fib(20))

def half(x, k): return x if k == 0 else half(x * 0.5, k - 1) + 1.0
for i in range(300): r = half(1.5, 20)
print(r, half(3, 5), half(2**70, 5), half(True, 3), half(1 + 2j, 2), half(1.5, 20), attempt(half, "a", 3), half("a", 0), half(1.5, 2.0))

# Results of other types: in one branch, at the end of a recursion, after a while.
def mixed(n): return 0.5 if n == 0 else n if n == 13 else mixed(n - 1) * 2
for i in range(300): r = mixed(10)
print(r, [mixed(i) for i in range(16)])

table = [1.0] * 50
def cell(i, k): return table[i] if k == 0 else cell(i, k - 1)
def total(n):
    s = 0
    for i in range(n): s = s + cell(i % 50, 3)
    return s
print(total(2000))
table[7] = 10
table[8] = 2 ** 80
print(total(2000), type(cell(7, 2)), cell(8, 4))
table[9] = "text"
print(attempt(total, 2000), cell(9, 1))
table[9] = None
print(cell(9, 3), attempt(total, 500))

def truth(a, b): return not truth(a - 1, b) if a > 0 else a < b
print([truth(i, 3) for i in range(300)][-4:], truth(4, 3.5), truth(2.0, 1) is True)

# Overflow to big ints: arguments, results, sums of results.
def power(b, n): return 1 if n == 0 else b * power(b, n - 1)
for i in range(300): r = power(3, 20)
print(r, power(3, 30), power(3, 50), power(-2, 63), power(2, 63), power(10, 100) == 10**100)
def fact(n): return 1 if n < 2 else n * fact(n - 1)
for i in range(300): r = fact(15)
print(r, fact(20), fact(21), fact(40))
def grow(a, n): return a if n == 0 else grow(a * 3, n - 1)
for i in range(300): r = grow(1, 25)
print(r, grow(1, 31), grow(1, 39), grow(1, 40), grow(1, 41), grow(-1, 80), grow(2**48, 1), grow(0.5, 3))
def edge(a, n): return a if n == 0 else edge(a + 1, n - 1)
for i in range(300): r = edge(0, 9)
print(edge(2**48 - 5, 10), edge(2**63 - 5, 10), edge(-2**48 - 5, 10), edge(2**62, 1))

# Exceptions, through many typed frames, caught inside and outside.
def deep(n): return 1 // n if n == 0 else deep(n - 1) + 1
def safe(n):
    try: return deep(n)
    except ZeroDivisionError: return -n
print([safe(i) for i in range(600)][-3:])
def inside(n):
    try: return 1 // n if n == 0 else inside(n - 1) + 1
    except ZeroDivisionError as e: return 1000 + len(str(e))
for i in range(600): r = inside(20)
print(r)
def depth(n): return 0 if n == 0 else depth(n - 1) + 1
def fdepth(x): return 0.0 if x < 1.0 else fdepth(x - 1.0) + 1.0
for i in range(600): depth(50), fdepth(50.0)
print(attempt(depth, 10**6)[0], attempt(fdepth, 1e6)[0], depth(500), fdepth(500.0))
limit = sys.getrecursionlimit()
sys.setrecursionlimit(20000)
print(depth(15000), fdepth(15000.0))
sys.setrecursionlimit(limit)
def trace(n):
    if n == 0: raise ValueError("end")
    return trace(n - 1) + 1
def frames():
    try: trace(30)
    except ValueError as e:
        k, t = 0, e.__traceback__
        values = []
        while t:
            if t.tb_frame.f_code.co_name == "trace": values.append(t.tb_frame.f_locals["n"])
            t = t.tb_next
        return values
for i in range(300): v = frames()
print(v == list(range(30, -1, -1)))
def looks(n, x): return sys._getframe(1).f_locals["n"] + x if n == 0 else looks(n - 1, x) + 0.5
for i in range(300): r = looks(5, 1.5)
print(r)

# Rebound, and given other code, between calls and during them.
def other(n): return "other %d" % n
def leaf(n, k): return n + 1
def long_enough(n, k):
    a = n * 2; b = a + k; c = b - n; d = a * b - c; e = d + a - b; f = e * 2 - d; g = f + e + d + c; h = g - a - b
    if h > 1000: h -= 1000
    if h < -1000: h += 1000
    if a > 100000: h += a
    if b > 100000: h += b
    if c > 100000: h += c
    return h + a + b + c + d + e + f + g
def calls(n):
    s = 0
    for i in range(n):
        s += long_enough(i, 3)
        if i == change: switch()
    return s
change, events = -1, []
def switch(): pass
plain = long_enough
print(calls(3000))
def switch():
    global long_enough
    long_enough = leaf if long_enough is plain else plain
change = 1500
print(calls(3000), calls(3000))
change = -1
print(calls(3000))
first_code = plain.__code__
def switch(): plain.__code__ = second.__code__ if plain.__code__ is first_code else first_code
def second(n, k): return float(n) + k + undefined_yet
undefined_yet = 0.25
change = 700
print(calls(1500), calls(1500), calls(1500))
def switch(): plain.__code__ = third.__code__
def third(n, k):
    global undefined_yet, fresh1, fresh2
    fresh1 = fresh2 = n
    return fresh1 + fresh2 + len(events) + abs(k)
print(calls(1500), calls(1500))
plain.__code__ = first_code
def rec(n): return 0 if n == 0 else rec(n - 1) + 1
for i in range(600): rec(20)
keep = rec
def rec(n): return -100
print(keep(20), keep(0))
rec = keep
print(keep(20))

# Defaults and other numbers of arguments stay what they are.
def opt(a, b=2.5): return a * b
def use(n):
    s = 0.0
    for i in range(n): s += opt(0.5) + opt(0.5, 1.5) + opt(b=0.5, a=1.0)
    return s
print(use(3000))
opt.__defaults__ = (3,)
print(use(3000))

# Others rebind and recode meanwhile.
def one(n, x): return x if n == 0 else one(n - 1, x) * 1.0
def two(n, x): return x + n - n
def three(n, x): return 1.0 if n < 0 else x
target = one
stop = False
def rebinder():
    global target
    code = [two.__code__, three.__code__, one_code]
    i = 0
    while not stop:
        target = (one, two, three)[i % 3]
        swapped.__code__ = code[i % 3]
        i += 1
one_code = one.__code__
def swapped(n, x): return x
t = threading.Thread(target=rebinder)
t.start()
bad = 0
for i in range(4000):
    if target(3, 1.5) != 1.5 or swapped(3, 2.5) != 2.5: bad += 1
stop = True
t.join()
print("bad", bad)

# A call that leaves compiled code half way, with its arguments in the frame.
class Slow:
    def take(self, *a): return a
class Fast:
    def take(self, a, b): return (b, a)
def leaves(o, block=True, timeout=-1, scale=0.5):
    try:
        return o.take(block, timeout), scale
    except TypeError:
        return timeout
for o in (Fast(), Fast(), Slow(), None, Fast(), Slow()):
    for k in range(40): r = leaves(o) if o else leaves(Slow(), scale=k)
    print(r, leaves(o or Fast(), False), leaves(o or Slow(), timeout=-7), leaves(o or Slow(), timeout=1.5, scale=-0.0))
