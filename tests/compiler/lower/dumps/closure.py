def f(a):
    n = 0
    def g():
        nonlocal n
        n += a
        return n
    return g
