# Call sites that see other types, shapes and callees in every thread.
from _race import together

N = 150
class A:
    def __init__(self): self.x = 1
    def m(self): return self.x
class B:
    def __init__(self): self.y = 0; self.x = 2
    def m(self): return self.x
class C(A):
    def __init__(self): self.z = 0; self.w = 0; self.x = 3
class D:
    x = 4
    def m(self): return 4
    def __call__(self): return self.x
def poly(o): return o.x + o.m()
def run(cls):
    def go():
        for i in range(N): assert poly(cls()) == 2 * cls().x
    return go
together(run(A), run(B), run(C), run(D))
print("attributes")

def add(a, b): return a + b
def cases(*pairs):
    def go():
        for i in range(N):
            for a, b, r in pairs: assert add(a, b) == r
    return go
together(cases((1, 2, 3), (1.5, 2, 3.5)), cases(("a", "b", "ab"), ([1], [2], [1, 2])), cases(((1,), (2,), (1, 2)), (True, 1, 2)), cases((2**60, 2**60, 2**61)))
print("arithmetic")

def call(f, *a): return f(*a)
together(lambda: [call(len, "abc") for i in range(N)], lambda: [call(lambda x: x, i) for i in range(N)], lambda: [call(A) for i in range(N)],
         lambda: [call(D()) for i in range(N)])
print("calls")

def loop(seq):
    n = 0
    for x in seq: n += 1
    return n
together(lambda: [loop([1, 2]) for i in range(N)], lambda: [loop((1, 2)) for i in range(N)], lambda: [loop({1: 2}) for i in range(N)],
         lambda: [loop("ab") for i in range(N)], lambda: [loop(range(2)) for i in range(N)])
print("loops")
def index(c, i): return c[i]
together(lambda: [index([1, 2], 1) for i in range(N)], lambda: [index((1, 2), 1) for i in range(N)], lambda: [index({1: 2}, 1) for i in range(N)],
         lambda: [index("ab", 1) for i in range(N)], lambda: [index(b"ab", 1) for i in range(N)])
print("subscripts")
import struct, re
def packs():
    for i in range(N):
        s = struct.Struct("<if")
        assert s.unpack(s.pack(i, 0.5)) == (i, 0.5)
        assert re.match(r"a(\d+)", "a%d" % i).group(1) == str(i)
together(packs, packs, packs)
print("modules")
text = "".join(chr(65 + i % 26) for i in range(200))
def strings():
    for i in range(N): assert hash(text) == hash("".join(list(text))) and (text + "x").lower().upper() == text + "X" and "{}-{}".format(i, i) == "%d-%d" % (i, i)
together(strings, repeat=3)
print("strings")
