import re
def show(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__, e)

cases = [("abc", "xabcx"), ("a*", "aaab"), ("a+?", "aaa"), ("(a|b)*c", "ababc"), ("(a)(b)?", "ac"), ("^a.c$", "abc\n"), ("(?i)HELLO", "hello"), (r"\d+", "ab123cd"), (r"\bfoo\b", "a foo b"), (r"(\w)\1", "hello"), ("(?P<x>a)(?P=x)", "aa"), ("[^a-c]+", "abcdef"),
         ("a{2,3}", "aaaa"), ("a{2,3}?", "aaaa"), ("(?:ab)+", "ababa"), ("(?=a)ab", "ab"), ("(?!a)b", "ab"), ("(?<=a)b", "ab"), ("(?<!a)b", "cb"), ("(a)?(?(1)b|c)", "ab"), ("(a)?(?(1)b|c)", "c"), ("(?>a*)ab", "aaab"), ("a*+a", "aaa"), ("(?:ab)*+c", "ababc"),
         ("(a+)+$", "aaaaaaaaaaaaaab"), ("", "abc"), ("x*", "axb"), ("(?s).+", "a\nb"), ("(?m)^b", "a\nb"), ("é", "É"), ("(?i)é", "É"), ("[à-ý]", "É"), ("(?i)[à-ý]", "É"), ("(?i)ß", "ẞ"), ("(?i)k", "\u212a"), ("(?ia)k", "\u212a"), (r"\w+", "héllo wörld"), (r"(?a)\w+", "héllo"),
         ("中+", "a中中b"), ("[\U0001f600-\U0001f64f]", "x\U0001f603"), ("(a(b(c)))", "abc"), ("(?:(a)|b)*", "abab"), ("(a*)*", "aab"), ("(a*)+", "b"), ("(?:a?)*?$", "aa"), ("(ab|a)(bcd|c)", "abcd"), (r"\Aa\Z", "a"), (r"a\b", "ab"), (r"\Bb", "ab"), ("(?x) a b # c", "ab"), ("[]a]+", "]a"), ("(?:x|(?:a|ab)(?:c|bcd)(?:d*))", "abcd"), ("(.)(.)(.)(.)(.)(.)(.)(.)(.)(.)\\10", "abcdefghijj"), ("((?:a|b)+?)c", "abac"), (r"(?<=(a))b\1", "aba")]
for p, s in cases:
    r = re.compile(p)
    for m in (r.search(s), r.match(s), r.fullmatch(s)):
        print(ascii(p), m and (m.span(), m.groups(), m.lastindex, m.lastgroup, m.regs))
    print(r.findall(s), [m.span() for m in r.finditer(s)], ascii(r.sub("<\\g<0>>", s)), r.split(s))
print(re.sub("(a)(b)", r"\2\1", "abab"), re.sub("a", lambda m: m.group().upper(), "banana", 2), re.subn("a", "-", "banana"), re.sub("x*", "-", "abxd"), re.sub(b"a", b"b", b"aaa"), re.split("(,)", "a,b,c", 1), re.split("x*", "axbc"))
m = re.match("(?P<a>.)(?P<b>.)?", "x")
print(m, m["a"], m.group("a", "b"), m.groupdict(), m.groupdict("-"), m.groups("-"), m.start("b"), m.end(), m.pos, m.endpos, m.string, m.re.groupindex, m.expand(r"\1-\g<a>"), bool(m))
for f in (lambda: m.group(5), lambda: m["z"], lambda: re.match("a", 5), lambda: re.match("a", b"a"), lambda: re.match(b"a", "a"), lambda: re.compile("("), lambda: re.compile("*"), lambda: re.compile("[z-a]"), lambda: re.compile("a{3,2}"), lambda: re.sub("a", r"\5", "a"), lambda: re.compile("(?P<1>a)"), lambda: re.compile("a", 5.5), lambda: re.compile("(?<=a*)b"), lambda: re.sub("a", 5, "a")):
    show(f)
print(re.compile("a", re.I | re.M), re.compile(b"a"), re.compile("a") == re.compile("a"), re.escape("a.b*c"), re.compile("(a)(?P<n>b)").groups, re.compile("a").flags, re.compile("a", re.A).flags, re.compile("a").pattern)
p = re.compile("a"); print(p.search("bab", 2), p.search("baba", 2), p.match("ba", 1), p.match("ba", pos=1, endpos=1), p.findall("aaaa", 1, 3), re.compile("^a").search("ba", 1), re.compile("a$").search("ab", 0, 1))
s = re.compile("a|b").scanner("abc"); print(s.match(), s.search(), s.match(), s.pattern)
print(re.findall(r"[a-z]+", "x" * 20000 + "1")[0] == "x" * 20000, re.match("(?:a|b)*", "ab" * 50000).end(), re.match("(a|b)*?c", "ab" * 20000 + "c").end())
print([(m.lastgroup, m.group()) for m in re.finditer(r"(?P<num>\d+)|(?P<op>[+*])|(?P<ws>\s+)", "12 + 3*4")])
