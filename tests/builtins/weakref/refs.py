import weakref, gc
class C:
    def __init__(s, n): s.n = n
    def __del__(s): log.append(s.n)
log = []
def mk(n):
    c = C(n)
    return weakref.ref(c, lambda r: log.append("cb"))
rs = [mk(i) for i in range(10)]
other = [weakref.ref(set()) for i in range(10)] # the last C is on no stack any more
gc.collect()
print(sorted(map(str, log)), [r() for r in rs])
c = C(99)
a = weakref.ref(c); b = weakref.ref(c)
print(a is b, a() is c, weakref.getweakrefcount(c), hash(a) == hash(c), a == weakref.ref(c, print))
p = weakref.proxy(c)
print(p.n)
