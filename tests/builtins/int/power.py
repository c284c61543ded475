def t(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__ + ':', e)

for a in (0, 1, -1, 2, -2, 3, 10, -7, 1 << 50, 10**20):
    for b in (0, 1, 2, 3, 7, 20):
        print(a, b, a ** b)
for a, b, m in ((2, 10, 1000), (-3, 5, 7), (-3, 5, -7), (3, -2, 7), (3, -1, -7), (2, 10**30, 10**25 + 7), (10**40, 10**20, 10**30 - 1),
                (5, 0, 1), (5, 0, -1), (0, 0, 5), (7, 3, -10**20), (2, -5, 10**20 + 39)):
    print(pow(a, b, m))
t(lambda: pow(2, -1, 4))
t(lambda: pow(2, 3, 0))
t(lambda: pow(10**30, 3, 0))
t(lambda: pow(2, 3, 'a'))
t(lambda: pow(2, 3, 1.5))
t(lambda: 2 ** -1)
t(lambda: 10 ** -2)
t(lambda: 0 ** -1)
t(lambda: (-8) ** 0.5)
t(lambda: (2**1000) ** 1.5)
t(lambda: (-2) ** -3)
t(lambda: 2 .__pow__(3, None))
t(lambda: 2 .__pow__('a'))
t(lambda: 2 .__rpow__(5))
t(lambda: 0 ** 10**30)
t(lambda: 1 ** 10**30)
t(lambda: (-1) ** (10**30 + 1))
