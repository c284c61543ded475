print(abs(-3), divmod(7, 2), pow(2, 10), pow(2, 10, 7), round(2.5), round(2.675, 2), bin(10), hex(255), oct(8), chr(97), ord("a"))
print(min(3, 1, 2), max([4, 9, 2]), min("b", "a", key=ord), max([], default=0), sum([1, 2, 3]), sum([[1], [2]], []), any([0, 1]), all([]), sorted([3, 1, 2], reverse=True))
print(len("abc"), repr("a'b"), ascii("é"), format(3.14159, ".2f"), format("x", ">3"), hash(1) == hash(1.0), callable(len))
print(list(zip([1, 2], "ab")), list(map(lambda x: x + 1, [1, 2])), list(filter(None, [0, 1])), list(enumerate("ab", 1)), list(reversed([1, 2])))
it = iter([1, 2])
print(next(it), next(it), next(it, "end"))
c = iter(lambda l=[3, 2, 1]: l.pop(), 1)
print(list(c))
print(eval("1+2"), eval("x", {"x": 5}), eval("y", {}, {"y": 6}))
ns = {}
exec("a = 1\ndef f(): return a", ns)
print(ns["f"](), sorted(k for k in ns if k != "__builtins__"))
print(compile("1+1", "<s>", "eval").co_filename, eval(compile("2*3", "<s>", "eval")))
def loc(a, b=2):
    c = a + b
    return locals()
print(loc(1), "loc" in globals(), sorted(dir(type("T", (), {"zz": 1})))[-1])
for f in (lambda: len(), lambda: len(1, 2), lambda: abs("x"), lambda: chr(-1), lambda: ord("ab"), lambda: min(), lambda: max([]), lambda: sum("ab"), lambda: sum(["a"]), lambda: int("x"),
          lambda: print(1, foo=2), lambda: sorted([1, "a"]), lambda: getattr(1), lambda: isinstance(1), lambda: [].append(), lambda: [].append(1, 2), lambda: [].pop("a"),
          lambda: {}.get(), lambda: "".join(1), lambda: "a".split(sep=1), lambda: len(x=1), lambda: round("a"), lambda: next([]), lambda: iter(1, 2), lambda: hash([]), lambda: pow(1), lambda: eval(5), lambda: open(),
          lambda: print(sep=1), lambda: divmod(1, "a"), lambda: pow(2, 3, "a"), lambda: pow(2, -1, 0), lambda: "a".encode("nope"), lambda: [].sort(1)):
    try:
        f()
    except Exception as e:
        print(type(e).__name__, e)
print(vars(type("Q", (), {"k": 1}))["k"], id(loc) == id(loc))
print(print(end=""), end="!\n")
print(1, 2, sep="-", end=";\n", flush=True)
