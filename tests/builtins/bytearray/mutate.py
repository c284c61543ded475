def show(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__, e)

b = bytearray(b"hello")
b[0] = 72; b.append(33); b.extend(b" wo"); b.extend([114, 108]); b.extend(iter(b"d")); print(b)
b[1:3] = b"EEE"; print(b); b[2:2] = b"__"; print(b); b[:] = b"abcdefgh"; b[::2] = b"1234"; print(b)
del b[0]; print(b); del b[1:3]; print(b); del b[::2]; print(b); b += b"xyz"; b *= 2; print(b)
b.insert(0, 65); b.insert(-1, 66); b.insert(100, 67); print(b, b.pop(), b.pop(0), b); b.remove(ord("x")); b.reverse(); print(b, b.copy(), len(b)); b.clear(); print(b)
b = bytearray(b"abcdef"); del b[::-2]; print(b); b[5:0] = b"Q"; print(b); b[1:2] = [65, 66]; print(b); b[0:1] = b; print(b)
for f in (lambda: b.append(256), lambda: b.append("x"), lambda: b.pop(100), lambda: bytearray().pop(), lambda: b.remove(0), lambda: b.extend(4), lambda: b.extend("a"), lambda: b.__setitem__(0, 256),
          lambda: b.__setitem__(0, "x"), lambda: b.__setitem__(slice(0, 1), "x"), lambda: b.__setitem__(slice(0, 1), 5), lambda: b.__setitem__(slice(0, 4, 2), b"x"), lambda: b.__setitem__("x", 5),
          lambda: b.__setitem__(50, 5), lambda: b.__delitem__(50), lambda: hash(b), lambda: b + 1, lambda: b.__iadd__(5)):
    show(f)
v = memoryview(b)
show(lambda: b.append(1)); show(lambda: b.clear()); b[0] = 1; v.release(); b.append(2); print(b)
x = bytearray(10); x[5:] = b""; print(x, bytearray(b"abc") == b"abc", bytearray(b"a") < bytearray(b"b"), bytearray(b"a").__alloc__() > 0)
class B(bytearray):
    def __init__(self, *a): super().__init__(*a); self.tag = "t"
y = B(b"sub"); y.append(1); print(y, y.tag, type(y + b"").__name__)
big = bytearray()
for i in range(1000): big.append(i % 256)
print(len(big), sum(big), big[:5], big[-3:])
