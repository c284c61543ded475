from itertools import *
import operator
def show(f, *a, **k):
    try:
        print(repr(f(*a, **k)))
    except Exception as e:
        print(type(e).__name__, e)
def take(n, it): return list(islice(it, n))
print(take(3, count()), take(3, count(5, 2)), take(3, count(0.5)), take(3, count(2 ** 48 - 2)), take(2, count(10 ** 20)), take(3, count(5, -3)))
c = count(3); next(c); print(c, count(1, 2), count(1.5, 1)); show(count, 'a')
print(take(7, cycle('abc')), take(3, cycle([])), list(repeat(1, 3)), repeat(7), repeat(7, 2), list(repeat(1, -5)), repeat(1, 4).__length_hint__())
print(list(chain('ab', [1], ())), list(chain()), list(chain.from_iterable(['ab', 'cd']))); show(lambda: list(chain(1)))
print(list(compress('abcd', [1, 0, 1])), list(filterfalse(None, [0, 1, ''])), list(filterfalse(lambda x: x > 1, [1, 2])))
print(list(takewhile(lambda x: x < 3, [1, 2, 3, 1])), list(dropwhile(lambda x: x < 3, [1, 2, 3, 1])), list(starmap(pow, [(2, 3), (3, 2)])), list(pairwise('abcd')), list(pairwise('a')))
print(list(accumulate([1, 2, 3])), list(accumulate([1, 2, 3], operator.mul)), list(accumulate([1, 2], initial=10)), list(accumulate([])), list(accumulate([], initial=1)), list(accumulate('abc')))
print(list(islice('abcdef', 2)), list(islice('abcdef', 2, 4)), list(islice('abcdef', 1, None, 2)), list(islice('abc', 0)), list(islice('abc', None)), list(islice(count(), 3, 20, 5)))
show(islice, 'a', -1); show(islice, 'a', -1, 2); show(islice, 'a', 0, 2, 0); show(islice, 'a'); show(islice, 'a', 'b')
it = iter(range(10)); list(islice(it, 2, 5)); print(list(it))
print(list(zip_longest('abc', [1])), list(zip_longest('a', [1, 2], fillvalue='-')), list(zip_longest())); show(zip_longest, [], foo=1)
print(list(product('ab', [1, 2])), list(product()), list(product('ab', repeat=2)), list(product('a', [])), len(list(product(range(3), repeat=3)))); show(product, 'a', repeat=-1)
print(list(permutations('abc', 2)), list(permutations([])), len(list(permutations(range(5)))), list(permutations('ab', 3)), list(permutations('abc'))); show(permutations, 'a', -1); show(permutations, 'a', 'b')
print(list(combinations('abcd', 2)), list(combinations('ab', 0)), list(combinations('ab', 3)), list(combinations_with_replacement('abc', 2)), list(combinations_with_replacement('', 1))); show(combinations, 'a', -1)
print([(k, list(g)) for k, g in groupby('aaabbc')], [(k, list(g)) for k, g in groupby([1, 3, 2, 4], lambda x: x % 2)], [k for k, g in groupby('aabb')])
g = groupby('aab'); k, a = next(g); k2, b = next(g); print(list(a), list(b))
a, b, c = tee('abc', 3); print(list(a), next(b), list(c), list(b), tee([], 0)); show(tee, [], -1); show(tee, 5)
a, b = tee(range(200)); print(sum(a), sum(b)); x, = tee(a, 1); print(type(x).__name__, list(x))
print(chain, count.__name__, count.__module__, type(count(1)))
import copy
for it in (count(3), cycle('ab'), repeat(2, 2), product('ab', repeat=2), permutations('abc', 2), combinations('abc', 2), accumulate([1, 2]), islice('abcd', 1, 3)):
    next(it); print(it.__reduce__()[1:] if type(it) in (count, repeat, product, permutations, combinations) else type(it).__name__)
