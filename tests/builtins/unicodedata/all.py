import unicodedata as u
def show(f):
    try:
        print(ascii(f()))
    except Exception as e:
        print(type(e).__name__, ascii(str(e)))

for c in "aA1 é中½²٣\u0301\u202e😀가ﬁ\u0378(":
    print(ascii(c), u.category(c), u.bidirectional(c), u.east_asian_width(c), u.decomposition(c), u.mirrored(c), u.combining(c), u.decimal(c, None), u.digit(c, None), u.numeric(c, None), u.name(c, None))
for s in ("é", "e\u0301", "ﬁ", "가", "\u1112\u1161\u11ab", "Å", "abc"):
    print(*[ascii(u.normalize(f, s)) for f in ("NFC", "NFD", "NFKC", "NFKD")], u.is_normalized("NFC", s), u.is_normalized("NFD", s))
print(ascii(u.lookup("GREEK SMALL LETTER ALPHA")), ascii(u.lookup("bullet")), u.unidata_version, u.name("\uac00"), u.name("\u4e2d"))
for f in (lambda: u.name("\x00"), lambda: u.lookup("nope"), lambda: u.category("ab"), lambda: u.category(5), lambda: u.decimal("a"), lambda: u.digit("a"), lambda: u.numeric("a"), lambda: u.normalize("X", "a"), lambda: u.normalize("NFC", 5)):
    show(f)
