def show(f, *a, **k):
    try:
        print(repr(f(*a, **k)))
    except Exception as e:
        print(type(e).__name__, e)
class Seq:
    def __init__(self, n): self.n = n
    def __getitem__(self, i):
        if i >= self.n: raise IndexError(i)
        return i * 10
    def __len__(self): return self.n
print(list(Seq(3)), list(reversed(Seq(3))), 20 in Seq(3), iter(Seq(2)).__length_hint__(), type(iter(Seq(1))))
n = iter([1, 2, 3, 0, 5]).__next__
print(list(iter(n, 0)), list(iter(lambda: 1, 1))); show(iter, 5); show(iter, 5, 6); show(next, 5); show(next, iter([])); show(next, iter([]), 'd')
print(list(enumerate('ab')), list(enumerate('ab', 5)), list(enumerate('ab', start=2 ** 48 - 1)), next(enumerate('x', 10 ** 20)))
show(enumerate); show(enumerate, 5); show(enumerate, [], 'a'); show(enumerate, [], foo=1)
print(list(zip()), list(zip('ab')), list(zip('abc', [1, 2])), list(zip('ab', 'cd', strict=True)))
show(lambda: list(zip('abc', 'ab', strict=True))); show(lambda: list(zip('a', 'ab', strict=True))); show(lambda: list(zip('a', 'b', 'cd', strict=True))); show(lambda: list(zip('ab', 'cd', 'e', strict=True)))
show(zip, 5); show(zip, [], foo=1)
print(list(map(str, [1, 2])), list(map(lambda a, b: a + b, [1, 2], [10, 20, 30])), list(map(lambda *a: a, *[[1, 2]] * 10))[1]); show(map, str); show(lambda: list(map(None, [1]))); show(map)
print(list(filter(None, [0, 1, '', 'a'])), list(filter(lambda x: x > 1, [1, 2, 3])), list(filter(bool, [0, 2]))); show(filter, None); show(filter, None, 5)
print(list(reversed([1, 2])), list(reversed('abc')), list(reversed((1, 2)))); show(reversed, 5); show(reversed, {1}); show(reversed, iter([]))
class NR:
    __reversed__ = None
    def __getitem__(self, i): return i
    def __len__(self): return 1
show(reversed, NR())
class R:
    def __reversed__(self): return 'mine'
print(reversed(R()))
def gen():
    yield 1
    raise KeyError('in gen')
show(lambda: list(map(str, gen()))); show(lambda: list(zip(gen(), [1, 2]))); show(lambda: [*enumerate(gen())])
class Z(zip): pass
class M(map):
    def __next__(self): return super().__next__() + 1
print(list(Z([1], [2])), list(M(int, '12')), type(Z()))
import operator; print(operator.length_hint(zip([1])), operator.length_hint(iter([1, 2])), operator.length_hint(map(str, [1]), 7))
print(enumerate([1]).__reduce__()[1][1], zip([1]).__reduce__()[0], repr(type(iter(lambda: 1, 2))))
