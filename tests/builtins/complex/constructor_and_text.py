def t(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__ + ':', e)

class C:
    def __complex__(self): return 3 + 4j
class D:
    def __complex__(self): return 3.0
class E:
    def __float__(self): return 3.0
class F:
    def __index__(self): return 3
class Z(complex):
    pass
for s in ('1+2j', ' ( 1+2j ) ', '1 + 2j', 'j', '+j', '-j', '1-j', '1+2', '', '1e3j', 'infj', 'nan+nanj', '1_0+1_0j', '1__0', '()', '(1', '1+1j1', '\u0661j', '1j+2', '1+j2',
          '--1j', '1e400', 'x', '1', '-1.5', '1.5e-3-2.5e10J', '(j)', '( 1 )', '-inf-infj', '1e', '1+ej'):
    t(lambda: complex(s))
t(lambda: complex())
t(lambda: complex(1, '2'))
t(lambda: complex('1', 2))
t(lambda: complex(None))
t(lambda: complex(1, None))
t(lambda: complex([]))
t(lambda: complex(C()))
t(lambda: complex(D()))
t(lambda: complex(E()))
t(lambda: complex(F(), F()))
t(lambda: complex(C(), 1))
t(lambda: complex(1, C()))
t(lambda: complex(1j, 1j))
t(lambda: complex(1, 2, 3))
t(lambda: complex(real=1))
t(lambda: complex(imag=1))
t(lambda: complex(x=1))
t(lambda: complex(1, imag=2))
t(lambda: complex(1, real=2))
t(lambda: complex(b'1'))
t(lambda: complex(10**400))
print(repr(-0j), repr(complex(-0.0, 1)), str(1e16 + 1e-7j), complex(1.5), complex(0, -0.0), complex(float('nan'), float('-inf')))
print((1 + 2j).real, (1 + 2j).imag, (1 + 2j).conjugate(), (1 + 2j).__getnewargs__(), (1 + 2j).__complex__())
z = Z(1, 2)
z.tag = 'x'
print(z, z.tag, z + 1, type(z + 1).__name__, z == 1 + 2j, type(+z).__name__, type(complex(z)).__name__, hash(z) == hash(1 + 2j), Z('3j'))
