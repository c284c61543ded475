# Globals, builtins and function objects under threads; inline caches see every change.
from _race import together
import builtins

N = 300
counter = 0
def write():
    global counter
    for i in range(N): counter = i
def read():
    for i in range(N): assert 0 <= counter < N
together(write, read, read)
print(counter)

def define():
    for i in range(N): globals()["late"] = i
def remove():
    for i in range(N): globals().pop("late", None)
def use():
    for i in range(N):
        try: assert late >= 0
        except NameError: pass
together(define, remove, use, use)
print("late" in globals() or True)

# a builtin shadowed and uncovered again
def shadow():
    global len
    for i in range(N):
        len = lambda x: 99
        del len
def call():
    for i in range(N): assert len("abc") in (3, 99)
together(shadow, call, call)
print(len("abc"))

# a global grows the table while others read it
def grow():
    for i in range(200): globals()["g%d" % i] = i
def fib(n): return n if n < 2 else fib(n - 1) + fib(n - 2)
def work(): assert fib(12) == 144
together(grow, work, work)
print(g199)

# functions change under their callers: code, defaults, name
def f(a, b=1): return a + b
def g(a, b=1): return a - b
def change():
    for i in range(N):
        f.__defaults__ = (2,)
        f.__code__ = g.__code__
        f.__code__ = h.__code__
        f.__name__ = "x"; f.attr = i
def h(a, b=1): return a * b
def call():
    for i in range(N): assert f(10) in (11, 12, 9, 8, 10, 20)
together(change, call, call)
print(f(10))
a = [0]
def closure():
    n = 0
    def inc():
        nonlocal n
        for i in range(50): n = n + 1
    together(inc, inc)
    return 50 <= n <= 100
print(closure())
