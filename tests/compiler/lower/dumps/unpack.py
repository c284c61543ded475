def f(v):
    a, (b, *c), v[0] = v
    a, b = b, a
    (d := a)
    return f"{a!r:>{b}}x{c}", {**d, 1: 2}, {a, *b}, (1, (2, 3))
