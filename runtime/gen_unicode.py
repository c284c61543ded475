"""gen_unicode.py OUT_DIR: writes unicode_tables.inc and unicode_names.inc for runtime/unicode.c.

Run at build time by CPython 3.11: whatever its str methods and unicodedata say is what the tables say.
"""
import os
import sys
import unicodedata

import _sre

N = 0x110000
BLOCK = 128
FLAGS = ["ALPHA", "DECIMAL", "DIGIT", "NUMERIC", "SPACE", "LINEBREAK", "UPPER", "LOWER", "TITLE", "PRINTABLE",
         "XID_START", "XID_CONTINUE", "CASED", "CASE_IGNORABLE"]


def flags_of(c):
    final = "\u03c2"
    cased_before = (c + "\u03a3").lower().endswith(final)
    ignorable = ("A" + c + "\u03a3").lower().endswith(final) and not cased_before
    bits = [c.isalpha(), c.isdecimal(), c.isdigit(), c.isnumeric(), c.isspace(),
            len(("a" + c + "b").splitlines()) == 2, c.isupper(), c.islower(), unicodedata.category(c) == "Lt",
            c.isprintable(), c.isidentifier(), ("a" + c).isidentifier(), (c + "a").title().endswith("a"), ignorable]
    return sum(1 << i for i, b in enumerate(bits) if b)


def simple(cp, full, other):
    """The one-to-one mapping: the full one when it is one character, else the title mapping or nothing."""
    if len(full) == 1:
        return ord(full)
    return ord(other) if len(other) == 1 else cp


class Tables:
    def __init__(self, out):
        self.out = out

    def array(self, ctype, name, values):
        self.out.write("static const %s %s[%d] = {\n" % (ctype, name, len(values)))
        line = ""
        for v in values:
            s = "%d," % v
            if len(line) + len(s) > 108:
                self.out.write(line + "\n")
                line = ""
            line += s
        self.out.write(line + "\n};\n\n")

    def two_level(self, ctype, name, values):
        """name_index[cp / BLOCK] selects a block of name_data."""
        blocks, index, data = {}, [], []
        for i in range(0, len(values), BLOCK):
            block = tuple(values[i:i + BLOCK])
            if block not in blocks:
                blocks[block] = len(blocks)
                data.extend(block)
            index.append(blocks[block])
        self.array("uint16_t", name + "_index", index)
        self.array(ctype, name + "_data", data)


def write_types(t):
    records, of_char, pool = {}, [], []
    pool_at = {}

    def special(s):
        key = s
        if key not in pool_at:
            pool_at[key] = len(pool)
            pool.append(len(s))
            pool.extend(map(ord, s))
        return pool_at[key]

    for cp in range(N):
        c = chr(cp)
        up, lo, ti, cf = c.upper(), c.lower(), c.title(), c.casefold()
        su, st = simple(cp, up, ti), simple(cp, ti, c)
        sl = _sre.unicode_tolower(cp)
        full = -1
        if max(map(len, (up, lo, ti, cf))) > 1 or cf != chr(sl):
            full = len(records)  # placeholder, replaced below
            full = (special(up), special(lo), special(ti), special(cf))
        dec = unicodedata.decimal(c, -1)
        dig = unicodedata.digit(c, -1)
        rec = (flags_of(c), su - cp, sl - cp, st - cp, full, dec, dig)
        of_char.append(records.setdefault(rec, len(records)))
    fulls = [(-1, -1, -1, -1)]
    t.out.write("static const CharRecord records[%d] = {\n" % len(records))
    for rec in records:
        k = 0
        if rec[4] != -1:
            k = len(fulls)
            fulls.append(rec[4])
        t.out.write("{%d,%d,%d,%d,%d,%d,%d},\n" % (rec[0], rec[1], rec[2], rec[3], k, rec[5], rec[6]))
    t.out.write("};\n\n")
    t.out.write("static const CharFull fulls[%d] = {\n" % len(fulls))
    for f in fulls:
        t.out.write("{%d,%d,%d,%d},\n" % f)
    t.out.write("};\n\n")
    t.array("uint32_t", "case_pool", pool)
    t.two_level("uint16_t", "record", of_char)


def write_normalization(t):
    pool, at, nfd, nfkd, ccc, pairs = [0], {}, [], [], [], []

    def put(s, c):
        if s == c or "\uac00" <= c <= "\ud7a3":
            return 0
        if s not in at:
            at[s] = len(pool)
            pool.append(len(s))
            pool.extend(map(ord, s))
        return at[s]

    for cp in range(N):
        c = chr(cp)
        nfd.append(put(unicodedata.normalize("NFD", c), c))
        nfkd.append(put(unicodedata.normalize("NFKD", c), c))
        ccc.append(unicodedata.combining(c))
        d = unicodedata.decomposition(c)
        if d and d[0] != "<" and " " in d:
            a, b = (int(x, 16) for x in d.split())
            if unicodedata.normalize("NFC", chr(a) + chr(b)) == c:
                pairs.append((a, b, cp))
    t.array("uint32_t", "decomp_pool", pool)
    t.two_level("uint16_t", "nfd", nfd)
    t.two_level("uint16_t", "nfkd", nfkd)
    t.two_level("uint8_t", "ccc", ccc)
    pairs.sort()
    t.out.write("static const ComposePair pairs[%d] = {\n" % len(pairs))
    for p in pairs:
        t.out.write("{%d,%d,%d},\n" % p)
    t.out.write("};\n\n")


def write_database(t):
    """What only module unicodedata asks for."""
    chars = [chr(cp) for cp in range(N)]
    for name, fn in (("category", unicodedata.category), ("bidirectional", unicodedata.bidirectional),
                     ("east_asian_width", unicodedata.east_asian_width), ("decomposition", unicodedata.decomposition)):
        names = {}
        numbers = [names.setdefault(fn(c), len(names)) for c in chars]
        t.out.write("static const char *const %s_names[%d] = {\n" % (name, len(names)))
        t.out.write("".join('"%s",\n' % n for n in names) + "};\n\n")
        t.two_level("uint8_t" if len(names) < 256 else "uint16_t", name, numbers)
    t.two_level("uint8_t", "mirrored", [unicodedata.mirrored(c) for c in chars])
    values = {None: 0}
    numbers = [values.setdefault(unicodedata.numeric(c, None), len(values)) for c in chars]
    t.out.write("static const double numeric_values[%d] = {\n" % len(values))
    t.out.write("".join("%r," % (-1.0 if v is None else v) for v in values) + "\n};\n\n")
    t.two_level("uint8_t", "numeric", numbers)


def name_hash(name):
    h = 2166136261
    for b in name.encode():
        h = (h ^ b) * 16777619 & 0xffffffff
    return h


def write_names(t):
    """Each name is a list of word numbers, two bytes each; a hash table maps names to their index."""
    entries = []
    for cp in range(N):
        name = unicodedata.name(chr(cp), None)
        if name and not name.startswith(("CJK UNIFIED IDEOGRAPH-", "HANGUL SYLLABLE ")):
            entries.append((cp, name))
    n_proper = len(entries)
    here = os.path.dirname(os.path.abspath(__file__))
    with open(os.path.join(here, "unicode_aliases.txt"), encoding="ascii") as f:
        for line in f:
            name = line.strip()
            if name and name[0] != "#":
                entries.append((ord(unicodedata.lookup(name)), name))
    words, numbers, starts, text, offsets = {}, [], [], [], []
    for cp, name in entries:
        starts.append(len(numbers))
        for w in name.split(" "):
            numbers.append(words.setdefault(w, len(words)))
    starts.append(len(numbers))
    assert len(words) < 65536 and len(entries) < 65535
    at = 0
    for w in words:
        offsets.append(at)
        at += len(w)
    offsets.append(at)
    size = 1 << 17
    slots = [0xffff] * size
    for i, (cp, name) in enumerate(entries):
        h = name_hash(name) & (size - 1)
        while slots[h] != 0xffff:
            h = (h + 1) & (size - 1)
        slots[h] = i
    t.out.write("#define N_PROPER_NAMES %d\n#define NAME_SLOTS %d\n" % (n_proper, size))
    t.array("uint32_t", "name_cp", [cp for cp, _ in entries])
    t.array("uint32_t", "name_start", starts)
    t.array("uint16_t", "name_words", numbers)
    t.array("uint32_t", "word_offset", offsets)
    t.array("uint16_t", "name_slots", slots)
    t.out.write("static const char word_text[] =\n")
    text = "".join(words)
    for i in range(0, len(text), 100):
        t.out.write('"%s"\n' % text[i:i + 100])
    t.out.write(";\n")


def main():
    out_dir = sys.argv[1]
    assert unicodedata.unidata_version == "14.0.0", "the tables must come from CPython 3.11"
    with open(os.path.join(out_dir, "unicode_tables.inc"), "w") as f:
        for i, name in enumerate(FLAGS):
            f.write("#define CHAR_%s 0x%x\n" % (name, 1 << i))
        f.write("#define BLOCK %d\n\n" % BLOCK)
        t = Tables(f)
        write_types(t)
        write_normalization(t)
    with open(os.path.join(out_dir, "unicode_db.inc"), "w") as f:
        f.write("#define BLOCK %d\n\n" % BLOCK)
        write_database(Tables(f))
    with open(os.path.join(out_dir, "unicode_names.inc"), "w") as f:
        write_names(Tables(f))


main()
