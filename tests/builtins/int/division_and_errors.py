def t(f):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__ + ':', e)

for a in (7, -7, 10**30, -10**30):
    for b in (2, -2, 10**20 + 1, -(10**20 + 1)):
        print(a // b, a % b, divmod(a, b), a / b)
t(lambda: 1 // 0)
t(lambda: 1 % 0)
t(lambda: divmod(1, 0))
t(lambda: 1 / 0)
t(lambda: 10**100 // 0)
t(lambda: True // False)
t(lambda: (1 << 2000) / 1)
t(lambda: 1 / (1 << 2000))
t(lambda: float(1 << 2000))
t(lambda: (1 << 1024) / (1 << 1000))
t(lambda: (10**400 + 1) / 10**399)
t(lambda: 0 / -(10**30))
t(lambda: 1 + 'a')
t(lambda: 'a' - 1)
t(lambda: 1 << -1)
t(lambda: 1 >> -1)
t(lambda: 1 << (1 << 100))
t(lambda: 1 >> (1 << 100))
t(lambda: -1 >> (1 << 100))
t(lambda: 0 << (1 << 100))
t(lambda: 1 & 1.5)
t(lambda: 5 // 2.0)
t(lambda: -5 % 3.0)
