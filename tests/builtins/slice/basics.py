def show(f, *a):
    try:
        print(repr(f(*a)))
    except Exception as e:
        print(type(e).__name__, e)
s = slice(1, 10, 2)
print(s, slice(5), slice(None), s.start, s.stop, s.step, s == slice(1, 10, 2), s != slice(1), slice(1) < slice(2))
for n in (0, 3, 10, 100):
    for x in (slice(None), slice(1, 5), slice(-3, None), slice(None, None, -1), slice(50, -50, -3), slice(None, -1, 2)):
        print(x.indices(n), end=' ')
    print()
print(slice(10 ** 30, None).indices(10), slice(None, 10 ** 30).indices(10 ** 29), slice(-10 ** 30, 10 ** 30, 10 ** 25).indices(5))
show(slice); show(slice, 1, 2, 3, 4); show(s.indices, -1); show(s.indices, 'a'); show(slice(0, 1, 0).indices, 5); show(slice('a').indices, 5); show(hash, s)
print(s.__reduce__())
class G:
    def __getitem__(self, i): return i
g = G(); print(g[1:2], g[::3], g[1:2, 3], g[..., None], g[()])
