def t(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__ + ':', e)

inf, nan = float('inf'), float('nan')
for v in (0.0, -0.0, 0.5, 1.5, 2.5, -2.5, 1e20, 1e300, 0.1, -3.75, 5e-324):
    print(v.is_integer(), v.as_integer_ratio(), v.__trunc__(), v.__floor__(), v.__ceil__(), round(v), v.conjugate(), v.real, v.imag, int(v), v.__getnewargs__(), bool(v))
for v, n in ((2.675, 2), (1.005, 2), (0.5, 0), (1.5, 0), (2.5, 0), (1234.5678, -2), (1250.0, -2), (1350.0, -2), (1e300, -299), (1.5, 400), (1.5, -400), (5e-324, 323),
             (1.7976931348623157e308, -308), (inf, 2), (nan, 2), (-0.4, 0), (1e22, -22), (0.1 + 0.2, 17), (123.456, 1), (-1.25, 1), (9.995, 2), (99999.99999, 3)):
    t(lambda: round(v, n))
t(lambda: round(nan))
t(lambda: round(inf))
t(lambda: (2.5).__round__(None))
t(lambda: (2.5).__round__('a'))
t(lambda: inf.as_integer_ratio())
t(lambda: nan.as_integer_ratio())
t(lambda: nan.__floor__())
for s in ('0x1.8p3', 'x', '0x1p99999', '1', ' -inf ', '0x', '0x1p-1074', '0x0.8p-1074', '0x1.80000001p-1075', '0x1.fffffffffffff8p0', '0xfffffffffffffp1000', '1p5 x',
          '-0x0p0', '0x1p+', 'nan', '0x.8', '0x1.', '0x1.00000000000008p0', '0x1.000000000000081p0', '0x1p1023', '0x1.fffffffffffffp1023', '0x1.fffffffffffff7p1023', '1.8', 'abc.def'):
    t(lambda: float.fromhex(s))
t(lambda: float.fromhex(1))
t(lambda: float.__getformat__('double'))
t(lambda: float.__getformat__('x'))
class F(float):
    pass
f = F(1.5)
f.tag = 'x'
print(f, repr(f), f.tag, f + 1, type(f + 1).__name__, f == 1.5, hash(f) == hash(1.5), -f, type(abs(f)).__name__, F('2.5'), F(), type(F.fromhex('0x1p0')).__name__, isinstance(f, float), float(f) is f)
