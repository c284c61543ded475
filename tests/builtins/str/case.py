samples = ["hello World", "ÀÉÎ straße", "ﬁnal ŉ ǅ", "ΑΣ ΑΣΒ Σ ΑΣ. Σα'Σ", "İıIi", "x1y2z3 they're bill's", "", "ǆ ǅ Ǆ", "𐐀𐐨", "ᾳᾼ ΰ", "ß", "123", "日本"]
for s in samples:
    print(ascii(s.upper()), ascii(s.lower()), ascii(s.title()), ascii(s.capitalize()), ascii(s.swapcase()), ascii(s.casefold()))
    print(s.isupper(), s.islower(), s.istitle(), s.isalpha(), s.isalnum(), s.isspace(), s.isascii())
for s in ("", "a", "A", "1", "²", "½", "٣", " ", "\u2003", "_", "é", "a1", "a b", "\x00", "中", "\U0001d7d8", "if", "1a", "\ud800", "Ⅷ"):
    print(ascii(s), s.isdecimal(), s.isdigit(), s.isnumeric(), s.isidentifier(), s.isprintable(), s.isalpha(), s.isalnum(),
          s.isupper(), s.islower(), s.istitle(), s.isspace())
