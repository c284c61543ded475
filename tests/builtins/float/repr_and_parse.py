def t(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__ + ':', e)

values = [0.0, -0.0, 1.0, 0.1, 0.1 + 0.2, 1 / 3, 1e15, 1e16, 123456789012345678.0, 1e22, 1e23, 1e-4, 1e-5, 1.5e-7, 5e-324, 2.2250738585072014e-308,
          1.7976931348623157e308, 9007199254740993.0, 4.35, 2.675, 1e100, 3.141592653589793, 2**0.5, 1e-323, 123456.789e3, 0.001, 100.0]
for v in values:
    print(repr(v), str(-v), float(repr(v)) == v, v.hex(), float.fromhex(v.hex()) == v)
print(float('inf'), float('-inf'), float('nan'), float('infinity'), float('+Inf'), float('-nan'))
for s in ('x', '', ' ', '1_0.5_0', '1__0', '_1', '1_', '1_.5', '1._5', '1e_5', '1e5_0', 'nan_', 'iNfx', '0x10', '1e', '.', '1.e5', '.5', '5.', '\xa01.5\xa0',
          '\u0661.5', '1e400', '-1e400', '1e-400', '1' * 400, '0.' + '0' * 400 + '1', '1 2', '1\x00', '--1', '+-1', '1e+', '1e5.5', 'infinit', '9' * 30 + 'e-20'):
    t(lambda: float(s))
t(lambda: float())
t(lambda: float(None))
t(lambda: float([]))
t(lambda: float(1j))
t(lambda: float(b' 1.5 '))
t(lambda: float(bytearray(b'x')))
t(lambda: float(10**400))
t(lambda: float(2**53 + 1))
t(lambda: float(2**54 + 3))
t(lambda: float(x=1))
t(lambda: float(1, 2))
class F:
    def __float__(self): return 2.5
class I:
    def __index__(self): return 7
class Bad:
    def __float__(self): return 3
t(lambda: float(F()))
t(lambda: float(I()))
t(lambda: float(Bad()))
