def f(a, b):
    c = a * b + 1 - a
    c -= 2
    return -c ** 2.5 // (a - 3)
