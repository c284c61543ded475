def t(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__ + ':', e)

vals = [0j, 1 + 2j, -1.5 + 0.5j, 3 - 4j, 1e200 + 1e200j, 2, -3.5, True, 10**20, complex(-0.0, 0.0)]
for a in vals:
    for b in vals:
        if not isinstance(a, complex) and not isinstance(b, complex): continue
        for op in ('+', '-', '*', '/', '**', '==', '!='):
            try:
                r = eval('a %s b' % op)
            except Exception as e:
                r = (type(e).__name__, str(e))
            print(a, op, b, '=', r)
t(lambda: 1j // 1)
t(lambda: 1j % 1)
t(lambda: divmod(1j, 1))
t(lambda: 1j < 2)
t(lambda: pow(1j, 2, 3))
t(lambda: (1 + 2j) ** 0.5)
t(lambda: (1 + 2j) ** (3 + 4j))
t(lambda: (1 + 2j) ** 100)
t(lambda: (1 + 2j) ** 101)
t(lambda: (1 + 1j) ** -1)
t(lambda: 0j ** -1)
t(lambda: 0j ** 1j)
t(lambda: 1j + 10**400)
t(lambda: 1j + 'a')
t(lambda: abs(3 + 4j))
t(lambda: abs(complex('inf+nanj')))
t(lambda: abs(1e308 + 1.7e308j))
t(lambda: -(1 + 2j))
t(lambda: +1j)
t(lambda: bool(0j))
print(hash(1 + 2j), hash(1j), hash(1 + 0j), hash(-2.5 + 1j), {1: 'x'}[1 + 0j], 1 + 0j == 10**400, complex(2**53) == 2**53 + 1)
z = c = -0.4 + 0.6j
for i in range(20): z = z * z + c
print(z)
