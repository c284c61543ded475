def f(a, b, c):
    if a and not b or c is None:
        return 1
    while a < b <= c and a != 3:
        a += 1
    return a if a in (1, 2) else not c
