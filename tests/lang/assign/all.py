a = b = c = []
a.append(1)
print(a, b is c)
a, b = 1, 2
a, b = b, a
print(a, b)
a, *b = "hello"
*c, d = range(4)
e, *f, g = [1, 2]
[h, (i, *j)] = 1, (2, 3, 4)
print(a, b, c, d, e, f, g, h, i, j)
def fn():
    x, y, z = 1, 2, 3
    x, y, z = z, x, y
    x = y = z = x + y
    p = q = [x]
    p[0], x = x, p[0]
    (x, y), z = [p, p[0] + 1] if p else 0, 5 if 0 else 6
    return x, y, z, p, q
try:
    print(fn())
except TypeError as e:
    print(e)
def order(n):
    print("eval", n)
    return n
lst = {}
lst[order("k")] = order("v")
def get(): print("get"); return lst
get()[order("k")] += order("w")
print(lst)
x = [1, 2, 3]
x[0], x[1:] = x[2], x[:2]
print(x)
i = 0
i, x[i] = 1, "second"
print(i, x)
class O: pass
o = O()
o.v = 1
o.v += 2; o.v *= 5; o.v -= 1; o.v //= 2; o.v **= 2; o.v %= 10; o.v <<= 3; o.v |= 1; o.v &= 0xff; o.v ^= 2; o.v >>= 1; o.v /= 2
print(o.v)
m = [1]; n = m; m += (2, 3); print(n); m = m + [4]; print(n, m)
x = 5; x += (x := 10); print(x)
def walrus_order():
    x = 1
    return x + (x := 5) + x, [x, (x := 2), x], (x, (x := 7))[0], x < (x := 9) < 10
print(walrus_order())
y: int = 4
z: "undefined" 
print(y, __annotations__)
for bad in ("a, b = 1, 2, 3", "a, b = 1", "a, *b, c = [1]", "a, b = 5", "(a, b), c = 1, 2"):
    try:
        exec(bad)
    except (ValueError, TypeError) as e:
        print(type(e).__name__, e)
del a, (b, [c])
try: a
except NameError as e: print(e)
d = {"k": 1, "l": 2}
del d["k"], o.v
print(d, hasattr(o, "v"))
l = list(range(10))
del l[2:5], l[0]; print(l)
l[1:3] = "xyz"; l[::2] = [0] * len(l[::2]); print(l, l[-3:], l[:-8:-2])
l[:] = []; print(l)
def multi():
    a = b = c = 0
    a, b = b, c = 1, 2
    return a, b, c
print(multi())
def same():
    a, a = 1, 2
    return a
print(same())
