def t(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__ + ':', e)

inf, nan = float('inf'), float('nan')
vals = [0.0, -0.0, 1.0, -1.0, 2.5, -2.5, 7.0, -7.5, 1e300, 1e-300, inf, -inf, nan]
for a in vals:
    for b in vals:
        for op in ('+', '-', '*', '/', '//', '%', '**'):
            try:
                r = eval('a %s b' % op)
            except Exception as e:
                r = (type(e).__name__, str(e))
            print(a, op, b, '=', r)
        try:
            print(divmod(a, b))
        except ZeroDivisionError as e:
            print(e)
t(lambda: 10.0 ** 400)
t(lambda: (-8.0) ** (1 / 3))
t(lambda: pow(2.0, 3, 5))
t(lambda: 1.5 // 1j)
t(lambda: 1.5 + 'a')
t(lambda: 1.5 + 10**400)
t(lambda: 1.5 .__add__('a'))
t(lambda: 2 - 0.5)
t(lambda: 10**20 / 3.0)
t(lambda: 1.5 .__pow__(2, None))
