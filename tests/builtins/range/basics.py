def show(f, *a):
    try:
        print(repr(f(*a)))
    except Exception as e:
        print(type(e).__name__, e)
for r in (range(5), range(2, 10, 3), range(10, 0, -3), range(0), range(5, 5), range(1, 0), range(0, -5)):
    print(r, list(r), len(r), bool(r), list(reversed(r)), r[1:] if r else r[:], r[::-1])
r = range(0, 100, 7)
print(r[3], r[-1], r[2:5], r[::2], 14 in r, 15 in r, 14.0 in r, 'a' in r, r.index(14), r.count(14), r.count(15), True in range(2))
show(r.index, 15); show(lambda: r[50]); show(lambda: r['a']); show(range, 1, 2, 0); show(range); show(range, 1.5); show(range, 1, 2, 3, 4); show(lambda: r[::0])
print(range(3) == range(0, 3, 1), range(0) == range(2, 2), range(0, 3, 2) == range(0, 4, 2), range(3) != range(4), range(1) == [0], hash(range(3)) == hash(range(0, 3)))
print(r.start, r.stop, r.step, range(5).step)
big = range(2 ** 60, 2 ** 60 + 10, 3)
print(big, list(big), len(big), big[1], big[-1], 2 ** 60 + 3 in big, 2 ** 60 + 4 in big, big.index(2 ** 60 + 6), list(reversed(big)), big[1:3])
huge = range(10 ** 30); show(len, huge); print(huge[10 ** 29], huge[-1], bool(huge), 10 ** 29 in huge, huge[5:10 ** 29:10 ** 28])
print(range(-2 ** 50, 2 ** 50, 2 ** 49)[3], list(range(2 ** 48 - 2, 2 ** 48 + 2)), list(range(-2 ** 48 + 1, -2 ** 48 - 3, -1)))
it = iter(range(10)); next(it); next(it); print(it.__length_hint__(), it.__reduce__()[1:], list(it), next(it, None))
it = iter(range(10)); it.__setstate__(7); print(list(it)); it = iter(big); next(it); print(it.__length_hint__(), list(it))
class I:
    def __index__(self): return 3
print(range(I()), range(5)[I()], I() in range(5)); show(lambda: range(3).start.x); show(lambda: range(3) < range(4))
