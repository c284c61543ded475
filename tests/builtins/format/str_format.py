def show(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__, e)

class P:
    x = 3
    def __format__(self, spec): return "P<" + spec + ">"
    def __repr__(self): return "P()"
    def __str__(self): return "str P"
print("{} {}".format(1, 2), "{1} {0}".format(1, 2), "{a} {b}".format(a=1, b=2), "{{}}".format(), "{0}{0}".format("x"))
print("{.x} {0.x}".format(P()) if False else "{0.x} {0}".format(P()), "{!r} {!s} {!a}".format(P(), P(), "é"), "{:abc}".format(P()))
print("{0[0]} {0[1]} {1[k]} {1[a b]}".format([1, 2], {"k": "v", "a b": 5}), "{a[0].x}".format(a=[P()]))
print("{:{}}|{:{w}.{p}}".format("a", 5, 3.14159, w=8, p=3), "{:>{w}}".format("x", w=4), "{:{f}^{w}}".format("mid", f="*", w=9))
print("{:10}|{:<10}|{:>10}|{:^10}|{:*^10}|{:.2}|{:5.1}|{:05}".format(*["abc"] * 8))
print("{:d} {:x} {:#b} {:,} {:+} {:e} {:.1%}".format(5, 255, 5, 1234567, 3, 12345.678, 0.256))
print("{a}".format_map({"a": 1}), "{a.x}".format_map({"a": P}))
class D(dict):
    def __missing__(self, k): return "<" + k + ">"
print("{x} {y}".format_map(D(x=1)))
for f, a in (("{", ()), ("}", ()), ("{0", (1,)), ("{0!}", (1,)), ("{0!x}", (1,)), ("{0!rx}", (1,)), ("{}{1}", (1, 2)), ("{1}{}", (1, 2)),
             ("{0.}", (1,)), ("{0[}", (1,)), ("{0[]}", ([1],)), ("{0[0]x}", ([1],)), ("{2}", (1,)), ("{}", ()), ("{a}", ()), ("{0:{1:{2}}}", (1, 2, 3)),
             ("{!", (1,)), ("{0:{", (1,)), ("a}b", ()), ("{0.foo}", (1,)), ("{0[foo]}", ([1],)), ("{:d}", ("a",)), ("{:=5}", ("a",)), ("{:+}", ("a",)),
             ("{: }", ("a",)), ("{:#}", ("a",)), ("{:,}", ("a",)), ("{:z}", ("a",)), ("{:.}", ("a",)), ("{:5d}", ("x",)), ("{{0}", (1,)), ("{0}}", (1,)), ("{a{b}}", (1,)), ("{:10.3s}|", ("abcdef",))):
    show(lambda: f.format(*a))
show(lambda: "{}".format_map({}))
show(lambda: "{a}".format_map({}))
show(lambda: format("abc", "d"))
show(lambda: format("abc", 5))
show(lambda: "abc".__format__(">5"))
print(f"{'x':>3}|{5:03d}|{P()!r:>5}|{P()}|{[1]!s}|{'é'!a}|{3.5:{6}.{2}f}|{P()=}")
import string
print(string.Formatter().format("{0} {a.x} {b[0]!r:>5}", 1, a=P, b=["z"]), string.Template("$a ${b} $$").substitute(a=1, b=2))
import _string
print(list(_string.formatter_parser("a{b!r:c}d{}{{e")), _string.formatter_field_name_split("a.b[0][x]")[0], list(_string.formatter_field_name_split("a.b[0][x]")[1]))
