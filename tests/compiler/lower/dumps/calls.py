def f(o, a):
    o.m(1, k=a)
    o.m(g(a))
    g(*a)
    g(1, *a, x=2, **a)
    return o.n[a](a[1:2])
