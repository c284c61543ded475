def show(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__, e)

for w in (0, 3, 4, 5, 6, 7):
    print(repr("abc".center(w)), repr("abcd".center(w, "*")), repr("abc".ljust(w, ".")), repr("abc".rjust(w)), "-42".zfill(w), "+".zfill(w), "x".zfill(w))
print("é".ljust(3, "中"), "a\tbc\td".expandtabs(), "a\tbc\nd\te".expandtabs(4), "\ta".expandtabs(0), repr("a\t".expandtabs(-1)))
t = str.maketrans("abc", "xyz", "q")
print(sorted(t.items(), key=str), "aqbqcd".translate(t))
print("abc".translate({97: "AA", 98: None, 99: 0x4e2d}), "abc".translate({}), "abc".translate("xyz" * 40))
print(str.maketrans({"a": 1, 98: "B"}))
show(lambda: str.maketrans("ab", "c"))
show(lambda: str.maketrans({"ab": 1}))
show(lambda: str.maketrans({1.5: 1}))
show(lambda: str.maketrans("a"))
show(lambda: str.maketrans(1, "a"))
show(lambda: str.maketrans("a", 1))
show(lambda: "a".translate({97: 1.5}))
show(lambda: "a".translate({97: 0x110000}))
show(lambda: "a".translate(5))
show(lambda: "a".ljust(5, "ab"))
show(lambda: "a".ljust(5, 1))
show(lambda: "a".center("x"))
