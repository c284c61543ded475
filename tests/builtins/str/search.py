# find, index, count, startswith and their ranges; all widths of strings.
def show(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__, e)

for s in ("hello world hello", "h\u00e9llo h\u00e9llo", "\u4e2d\u6587\u4e2d\u6587", "\U0001f600a\U0001f600a"):
    for sub in ("", "l", "llo", s[:2], s[-2:], "zz", "\u6587", "\U0001f600"):
        print(s.find(sub), s.rfind(sub), s.count(sub), sub in s, s.startswith(sub), s.endswith(sub),
              s.find(sub, 2), s.rfind(sub, 0, -2), s.count(sub, 1, 4), s.find(sub, -3, 100), s.find(sub, 50))
show(lambda: "abc".index("z"))
show(lambda: "abc".rindex("z"))
show(lambda: "abc".find(1))
show(lambda: "abc".find("a", "b"))
show(lambda: "abc".startswith(1))
show(lambda: "abc".startswith(("x", 1)))
show(lambda: "abc".endswith(("x", "bc")))
show(lambda: "abc".startswith((), 5))
show(lambda: "".startswith("", 1))
show(lambda: 1 in "abc")
show(lambda: "abc"[3])
s = "abc"; show(lambda: s["a"])
show(lambda: s[1.0])
show(lambda: "abc"[10 ** 30])
print("abcdef"[1:4], "abcdef"[::-1], "abcdef"[::2], "abcdef"[-2:], "abcdef"[5:1], "a\u4e2dbc"[::2], ("a\u4e2dbc"[0:1] + "bc").isascii())
print("aaaa".count("aa"), "aaaa".replace("aa", "b"), "abc".replace("", "-"), "abc".replace("", "-", 2), "abc".replace("b", ""))
print("xyzabcxyz".removeprefix("xyz"), "xyzabcxyz".removesuffix("xyz"), "abc".removeprefix(""), "abc".removesuffix("d"))
print("mississippi".replace("ss", "\u00df"), "mississippi".replace("i", "\U0001f600", 2))
