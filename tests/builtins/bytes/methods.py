def show(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__, e)

for T in (bytes, bytearray):
    b = T(b"Hello World hello")
    print(b, b.upper(), b.lower(), b.title(), b.swapcase(), b.capitalize(), b[0], b[-1], b[1:4], b[::-1], len(b))
    print(b.find(b"lo"), b.find(111), b.rfind(b"lo"), b.count(b"l"), b.count(108, 3), b.index(b"W"), b"World" in b, 72 in b, 0 in b)
    print(b.split(None, 1), b.rsplit(None, 1), b.split(), b.split(b"o"), b.rsplit(b"o", 1), b.partition(b" "), b.rpartition(b" "), T(b"a\nb\r\nc\r").splitlines(), T(b"a\nb").splitlines(True))
    print(b.replace(b"l", b"LL"), b.replace(b"l", b"", 1), T(b"ab").replace(b"", b"-"), T(b"  x ").strip(), T(b"xxaxx").strip(b"x"), T(b"xay").lstrip(b"x"))
    print(b.startswith(b"Hell"), b.endswith((b"x", b"lo")), T(b"x").center(5, b"*"), T(b"x").ljust(3), T(b"-5").zfill(5), T(b"a\tb").expandtabs(4))
    print(T(b"abc").translate(bytes.maketrans(b"ab", b"xy")), T(b"abc").translate(None, b"b"), T(b",").join([b"a", bytearray(b"b")]), T(b"ab") + b"c", T(b"ab") * 2, 2 * T(b"x"))
    print(T(b"\xff\x00ab").hex(), T(b"\xff\x00ab").hex("-"), T(b"\xff\x00abc").hex(":", 2), T(b"\xff\x00abc").hex(":", -2), T.fromhex("ff 00 61"))
    print(T(b"abc").isalpha(), T(b"a1").isalnum(), T(b"12").isdigit(), T(b" \t").isspace(), T(b"AB").isupper(), T(b"ab").islower(), T(b"Ab Cd").istitle(), T(b"\x80").isascii())
    print(T(), T(3), T([1, 2, 255]), T("é", "utf-8"), T(b"abc").decode(), T(b"\xe9").decode("latin-1"), T(range(3)), T(memoryview(b"mv")))
    print(T(b"abc") == b"abc", T(b"abc") < b"abd", T(b"abc") == "abc", T(b"prefix-x").removeprefix(b"prefix-"), T(b"x.py").removesuffix(b".py"), list(T(b"ab")), repr(T(b"'\"\\\n\x7f")))
    for f in (lambda: T("a"), lambda: T([256]), lambda: T(["a"]), lambda: T(-1), lambda: T(1.5), lambda: T(b"a", "x"), lambda: T("a", errors="x"), lambda: b.find("a"), lambda: b.find(300),
              lambda: b.split(b""), lambda: b.split("a"), lambda: b.strip("a"), lambda: b + "x", lambda: b * "x", lambda: b["x"], lambda: b[100], lambda: T(b"").join([1]), lambda: T(b"").join(["a"]),
              lambda: b.ljust(5, "x"), lambda: b.index(b"zz"), lambda: T.fromhex("0g"), lambda: T.fromhex("0"), lambda: b.hex("xx"), lambda: b.translate(b"x"), lambda: b.startswith("x"),
              lambda: b.startswith(("x",)), lambda: "a" in b, lambda: 300 in b, lambda: b < "x", lambda: b.replace("a", b""), lambda: bytes.maketrans(b"a", b""), lambda: b.partition(b"")):
        show(f)
class B(bytes):
    def __new__(cls, *a): return super().__new__(cls, *a)
x = B(b"abc"); x.attr = 1
print(x, x.attr, type(x[1:]).__name__, x == b"abc", hash(x) == hash(b"abc"), {b"abc": 1}[x])
class C:
    def __bytes__(self): return b"from C"
print(bytes(C()), b"%b" % C(), hash(b"abc") == hash(bytes(bytearray(b"abc"))), b"a" b"b")
