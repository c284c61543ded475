import struct
def show(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__, e)

for o in "@=<>!":
    for f, v in (("b", -5), ("B", 250), ("h", -300), ("H", 60000), ("i", -70000), ("I", 4000000000), ("l", -5), ("L", 5), ("q", -1 << 60), ("Q", (1 << 64) - 1), ("f", 1.5), ("d", -2.25), ("e", 0.5), ("?", True), ("c", b"x"), ("3s", b"ab"), ("4p", b"abcdef")):
        b = struct.pack(o + f, v); print(o + f, b, struct.unpack(o + f, b), struct.calcsize(o + f))
print(struct.calcsize("bi"), struct.calcsize("=bi"), struct.calcsize("bhq0i"), struct.calcsize("3xh"), struct.pack("<bxh", 1, 2), struct.pack("2h", 1, 2), struct.unpack("<2s2xB", b"abxx\x05"), struct.pack(" < h ".strip(), 1))
s = struct.Struct("<hI"); print(s.size, s.format, s.pack(1, 2), s.unpack(b"\x01\0\x02\0\0\0"), list(s.iter_unpack(bytes(12))), s.unpack_from(b"xx" + s.pack(7, 8), 2))
b = bytearray(10); s.pack_into(b, 2, 5, 6); print(b); struct.pack_into(">H", b, -2, 0x4142); print(b, struct.unpack_from(">H", b, -2))
for f in (lambda: struct.pack("b", 200), lambda: struct.pack("B", -1), lambda: struct.pack("h", 1 << 20), lambda: struct.pack("<i", 1 << 40), lambda: struct.pack("i", "a"), lambda: struct.pack("i", 1.5), lambda: struct.pack("q", 1 << 70), lambda: struct.pack("d", "a"), lambda: struct.pack("c", "a"), lambda: struct.pack("s", "a"), lambda: struct.pack("ii", 1), lambda: struct.unpack("ii", b""), lambda: struct.unpack_from("ii", b"", 5), lambda: struct.unpack_from("ii", b"aaaa", -2), lambda: struct.unpack_from("ii", b"aaaa", -20), lambda: struct.pack_into("ii", bytearray(3), 0, 1, 1), lambda: struct.pack_into("i", bytearray(9), 0), lambda: struct.calcsize("5"), lambda: struct.calcsize("z"), lambda: list(struct.iter_unpack("i", b"abc")), lambda: struct.iter_unpack("", b""), lambda: struct.pack("<e", 1e10), lambda: struct.pack("<f", 1e50), lambda: struct.Struct(5), lambda: struct.pack("<n", 1)):
    show(f)
print(struct.error.__module__, struct.error.__name__, issubclass(struct.error, Exception), struct.unpack("<d", struct.pack("<d", float("inf"))), struct.unpack("<e", b"\x00\x3c"))
