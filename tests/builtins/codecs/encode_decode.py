def show(f):
    try:
        print(ascii(f()))
    except Exception as e:
        print(type(e).__name__, ascii(str(e)))

texts = ["abc", "é中😀", "\ud800", "a\udc80b", "", "\x80\xff", "x" * 5 + "é" * 3 + "\udfff\ud800"]
handlers = ["strict", "ignore", "replace", "backslashreplace", "xmlcharrefreplace", "namereplace", "surrogateescape", "surrogatepass", "nope"]
for enc in ("utf-8", "ascii", "latin-1", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "unicode_escape", "raw_unicode_escape"):
    for t in texts:
        for h in handlers:
            show(lambda: t.encode(enc, h))
data = [b"abc", b"\xc3\xa9", b"\xff\xfe", b"a\x80b", b"\xe4\xb8", b"\xed\xa0\x80", b"\xf0\x9f\x98\x80", b"\xc0\x80", b"\xf5\x80\x80\x80", b"\x00\xd8", b"\xd8\x00\xd8\x00", b"\x00\x00\x11\x00", b"\xff\xfea\x00", b"\\x41\\u4e2d\\N{BULLET}\\q\\", b"\\x4", b"\\N{foo}", b"\\uD8"]
for enc in ("utf-8", "ascii", "latin-1", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-be", "raw_unicode_escape"):
    for b in data:
        for h in ("strict", "ignore", "replace", "backslashreplace", "surrogateescape", "surrogatepass", "nope"):
            show(lambda: b.decode(enc, h))
try:
    "aé".encode("ascii")
except UnicodeEncodeError as e:
    print(e.encoding, ascii(e.object), e.start, e.end, e.reason, e.args[0])
try:
    b"a\xff".decode()
except UnicodeDecodeError as e:
    print(e.encoding, e.object, e.start, e.end, e.reason, e.args[1])
show(lambda: "a".encode("nope")); show(lambda: b"a".decode("nope")); show(lambda: "a".encode(1)); show(lambda: b"a".decode("utf8", 1))
print("é".encode("UTF_8"), "é".encode("Latin1"), "é".encode(encoding="utf-8", errors="strict"), b"\xc3\xa9".decode("U8") == "é")
