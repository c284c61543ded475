# Reading, assigning and deleting slices.
l = list(range(10))
for s in [slice(2, 5), slice(None, None, 2), slice(None, None, -1), slice(8, 2, -2), slice(-3, None), slice(5, 2), slice(0, 100), slice(-100, 3)]:
    print(s, l[s])
l[2:4] = 'xyz'; print(l)
l[1:1] = [0, 0]; print(l)
l[::4] = [-1] * len(l[::4]); print(l)
l[5:] = []; print(l)
l[:] = range(8); print(l)
del l[1:3]; print(l)
del l[::2]; print(l)
del l[-1:]; print(l)
l[:] = l + l; print(l)
l[1:2] = l; print(l)
l = list(range(10)); del l[8:1:-3]; print(l)
for f in (lambda: l.__setitem__(slice(0, 6, 2), [1]), lambda: l.__setitem__(slice(0, 2), 5), lambda: l.__setitem__(slice(0, 4, 2), 5),
          lambda: l[::0], lambda: l['a':]):
    try: print(f())
    except Exception as e: print(type(e).__name__, e)
