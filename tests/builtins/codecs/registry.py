import codecs
def show(f):
    try:
        print(ascii(f()))
    except Exception as e:
        print(type(e).__name__, ascii(str(e)))

show(lambda: codecs.lookup("utf-8").name); show(lambda: codecs.lookup("Latin-1").name); show(lambda: codecs.lookup("nope"))
show(lambda: codecs.encode("abc", "rot13")); show(lambda: codecs.decode(b"616263", "hex")); show(lambda: codecs.encode(b"abc", "base64")); show(lambda: codecs.encode(b"\xff", "hex_codec"))
show(lambda: "é€".encode("cp1252")); show(lambda: b"\x80\xe9".decode("cp1252")); show(lambda: "中".encode("cp1252")); show(lambda: "中x".encode("cp437", "replace")); show(lambda: b"\x81".decode("cp1252")); show(lambda: b"\x81".decode("cp1252", "replace"))
show(lambda: "ñ".encode("iso8859-15")); show(lambda: "x".encode("hex")); show(lambda: "п".encode("koi8-r")); show(lambda: b"\xef\xbb\xbfx".decode("utf-8-sig")); show(lambda: "x".encode("utf-8-sig"))
codecs.register_error("mine", lambda e: ("<%s>" % e.object[e.start:e.end].encode("unicode_escape").decode() if isinstance(e, UnicodeEncodeError) else "?!", e.end))
show(lambda: "aéb中".encode("ascii", "mine")); show(lambda: b"a\xffb".decode("utf-8", "mine")); show(lambda: codecs.lookup_error("nope"))
for bad in (5, ("x",), ("x", "y"), ("é", 1), ("x", 100), ("x", -1)):
    codecs.register_error("bad", lambda e: bad)
    if bad == ("x", -1): continue
    show(lambda: "é".encode("ascii", "bad")); show(lambda: b"\xff".decode("ascii", "bad"))
d = codecs.getincrementaldecoder("utf-8")()
print([d.decode(bytes([c])) for c in "é中".encode()], d.decode(b"", True))
d = codecs.getincrementaldecoder("utf-16")(); print([ascii(d.decode(bytes([c]))) for c in "a😀".encode("utf-16")])
e = codecs.getincrementalencoder("utf-16")(); print(e.encode("a"), e.encode("b"))
print(codecs.utf_8_encode("é"), codecs.utf_8_decode(b"\xc3\xa9x\xc3"), codecs.escape_decode(rb"\x41\n\101\q"), codecs.escape_encode(b"a\n'\xff"), codecs.charmap_encode("ab", "strict", {97: 1, 98: b"xx"}), codecs.BOM_UTF8)
show(lambda: codecs.charmap_decode(b"\x00\x01", "strict", {0: "a"})); show(lambda: codecs.charmap_decode(b"\x00\x01", "strict", "ab")); show(lambda: codecs.unicode_escape_decode("\\x41\\u00e9"))
def search(name):
    if name == "my_codec": return codecs.CodecInfo(lambda s, errors="strict": (s.upper().encode(), len(s)), lambda b, errors="strict": (bytes(b).decode().lower(), len(b)), name="my-codec")
codecs.register(search); print("abc".encode("my codec"), b"ABC".decode("MY-CODEC"), codecs.lookup("my_codec").name)
for h in ("strict", "ignore", "replace", "backslashreplace", "xmlcharrefreplace", "namereplace", "surrogateescape"):
    show(lambda: codecs.lookup_error(h)(UnicodeEncodeError("ascii", "aéb", 1, 2, "why"))); show(lambda: codecs.lookup_error(h)(UnicodeDecodeError("ascii", b"a\xffb", 1, 2, "why"))); show(lambda: codecs.lookup_error(h)(UnicodeTranslateError("aéb", 1, 2, "why"))); show(lambda: codecs.lookup_error(h)(5))
