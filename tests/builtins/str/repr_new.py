def show(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__, e)

for s in ("a'b", 'a"b', "a'b\"c", "\\", "\t\n\r\x00\x1f\x7f\x80\xa0\xad\xff", "é中", "\ud800\udfff", "\U0001f600\U000e0001", "\u2028\u200b"):
    print(ascii(s), ascii(repr(s)))
show(lambda: str())
show(lambda: str(object="x"))
show(lambda: str(5))
show(lambda: str(b"abc"))
show(lambda: str(b"abc", "ascii"))
show(lambda: str(b"\xff", errors="replace"))
show(lambda: str(bytearray(b"\xc3\xa9"), encoding="utf-8", errors="strict"))
show(lambda: str(memoryview(b"xyz"), "latin-1"))
show(lambda: str("a", "b"))
show(lambda: str(1, "b"))
show(lambda: str(b"a", 1))
show(lambda: str(1, 2, 3, 4))
show(lambda: str(x=1))
print("a" + "b", "ab" * 3, 3 * "ab", "x" * 0, "x" * -1, "é" * 3, "ab" * True)
show(lambda: "a" + 1)
show(lambda: 1 + "a")
show(lambda: "a" * "b")
show(lambda: "a" - "b")
print("a" < "b", "a" < "B", "abc" < "abcd", "é" > "z", "\U0001f600" > "\uffff", "a" == "a", "a" != "b", "a" == 1)
show(lambda: "a" < 1)
print(hash("abc") == hash("".join(["a", "bc"])), hash("é") == hash("xé"[1:]), len({"a", "b", "a"}))
class S(str):
    def __new__(cls, v, extra=None):
        self = super().__new__(cls, v)
        self.extra = extra
        return self
s = S("hello", 5)
print(s, s.extra, type(s).__name__, type(s.upper()).__name__, type(s[:]).__name__, s == "hello", hash(s) == hash("hello"), {"hello": 1}[s])
print(type(str(s)).__name__, type(s + "").__name__, type(s.strip()).__name__, repr(s), isinstance(s, str), "x".__getnewargs__())
print(list("aé中"), list(reversed("abc")), [*zip("ab", "cd")], max("hello"), sorted("hello"), tuple(iter("xyz")))
it = iter("ab"); print(next(it), it.__length_hint__(), next(it), next(it, "end"), it.__length_hint__(), type(it).__name__, type(iter("é")).__name__)
