def show(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__, e)

for s in ("  a b  c ", "a,b,,c,", "", ",", "one", "a\u2003b\u00a0c\x1cd", "\u4e2d,\u6587"):
    for n in (-1, 0, 1, 2):
        print(s.split(None, n), s.rsplit(None, n), s.split(",", n), s.rsplit(",", n))
print("a<>b<>c".split("<>"), "a<>b<>c".rsplit("<>", 1), "<><>".split("<>"))
print("ab\ncd\r\nef\rgh\x0bi\x0cj\x1ck\x85l\u2028m\u2029n\n".splitlines())
print("ab\ncd\r\n\n".splitlines(True), "".splitlines(), "\n".splitlines(), "a".splitlines(keepends=True))
print("a=b=c".partition("="), "a=b=c".rpartition("="), "abc".partition("="), "abc".rpartition("="))
print(" \t a b \n".strip(), "xxabcxx".strip("x"), "xyabcyx".lstrip("xy"), "abccc".rstrip("c"), "\u3000a\u2000".strip(), "".strip())
print("-".join(["a", "b", "c"]), "".join(()), ",".join("abc"), "\u4e2d".join(["a", "\U0001f600"]), "".join(iter(["x", "y"])))
show(lambda: "a".split(""))
show(lambda: "a".split(1))
show(lambda: "a".partition(""))
show(lambda: "a".partition(1))
show(lambda: "a".strip(1))
show(lambda: ",".join([1]))
show(lambda: ",".join(["a", None]))
show(lambda: ",".join(5))
show(lambda: "a".replace("a", 1))
show(lambda: "a".removeprefix(1))
print("a b".split(sep=None, maxsplit=1), "a-b".split(sep="-"), "a-b-c".rsplit(maxsplit=1, sep="-"))
