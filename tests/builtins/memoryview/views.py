def show(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__, e)

b = bytearray(b"abcdefgh"); m = memoryview(b)
print(len(m), m[0], m[-1], m[1:3].tobytes(), m[::2].tobytes(), m[::-1].tolist(), bytes(m), m.nbytes, m.itemsize, m.format, m.ndim, m.shape, m.strides, m.readonly, m.obj is b, m.contiguous, m[::2].contiguous, m.suboffsets)
m[0] = 65; m[1:3] = b"XY"; m[::4] = b"__"; print(b); m[2:4] = m[0:2]; print(b)
print(m == b, m == bytes(b), m == b"x", memoryview(b"abc") == b"abc", hash(memoryview(b"abc")) == hash(b"abc"), list(m[:3]), 65 in m, m.hex(), m[:3].hex("-"))
c = m.cast("I"); print(c.format, len(c), c[0] == int.from_bytes(b[:4], "little"), c.itemsize, c.shape, c.strides, c.tolist() == [int.from_bytes(b[:4], "little"), int.from_bytes(b[4:], "little")])
c[0] = 1; print(b); d = m.cast("B", [2, 4]); print(d.tolist(), d.shape, d.strides, d.ndim, d[1, 2], d.nbytes); d[1, 2] = 7; print(b); print(d.cast("B").tolist() == list(b))
print(memoryview(b"\x00\x00\x80\x3f").cast("f")[0], memoryview(bytes(8)).cast("d").tolist(), memoryview(b"ab").cast("c").tolist(), memoryview(b"\x01\x00").cast("?").tolist(), memoryview(b"\xff\xff").cast("h")[0], memoryview(b"\xff" * 8).cast("Q")[0])
r = m.toreadonly(); print(r.readonly, r[0] == m[0])
with memoryview(b"ctx") as w: print(w.tobytes())
for f in (lambda: w[0], lambda: len(w), lambda: w.tolist(), lambda: memoryview(5), lambda: memoryview("a"), lambda: m[100], lambda: m["a"], lambda: m.__setitem__(0, 256), lambda: m.__setitem__(0, "a"),
          lambda: m.__setitem__(slice(0, 2), b"abc"), lambda: memoryview(b"a").__setitem__(0, 1), lambda: m.__delitem__(0), lambda: hash(m), lambda: m.cast("zz"), lambda: m[:3].cast("I"), lambda: m[::2].cast("B"),
          lambda: m.cast("I").cast("H"), lambda: m.cast("B", [3, 3]), lambda: d[0], lambda: d[0, 9], lambda: d[0:1].tolist(), lambda: d.__setitem__(slice(0, 1), b"x"), lambda: d[0, 0, 0], lambda: m.cast("B", 5), lambda: m < m, lambda: r.__setitem__(0, 1), lambda: memoryview()):
    show(f)
print(repr(w)[:16], repr(m)[:10], m.tobytes("C") == bytes(b), d.tobytes("F"), memoryview(m).tobytes() == bytes(b))
n = memoryview(b"xyz"); k = n[1:]; n.release(); print(k.tobytes(), bytes(k), b"".join([k, k]), bytearray(k))
