import cmath, math
def t(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__ + ':', e)

names = ['acos', 'acosh', 'asin', 'asinh', 'atan', 'atanh', 'cos', 'cosh', 'exp', 'log', 'log10', 'sin', 'sinh', 'sqrt', 'tan', 'tanh', 'phase', 'polar', 'isfinite', 'isinf', 'isnan']
args = [0j, 1 + 0j, -1 + 0j, 1j, -1j, 1 + 1j, -2.5 + 0.5j, 3 - 4j, 0.001 - 0.002j, 100 + 50j, 1e300 + 1e300j, 1e-310 + 1e-310j, 0.999 + 1e-5j, complex(-0.0, -0.0), complex(2, -0.0), -5, 2, 0.5, 10**20]
for name in names:
    f = getattr(cmath, name)
    for a in args:
        try:
            r = f(a)
        except Exception as e:
            r = (type(e).__name__, str(e))
        print(name, a, r)
print(cmath.pi, cmath.e, cmath.tau, cmath.inf, cmath.nan, cmath.infj, cmath.nanj)
print(cmath.rect(1, 2), cmath.rect(2, 0), cmath.rect(0, 5), cmath.rect(-3, 1), cmath.log(8, 2), cmath.log(1 + 2j, 3 - 1j))
print(cmath.isclose(1j, 1j + 1e-12), cmath.isclose(1j, 2j), cmath.isclose(1j, 1.1j, abs_tol=0.2), cmath.isclose(cmath.inf, cmath.inf))
t(lambda: cmath.sqrt('a'))
t(lambda: cmath.log(0))
t(lambda: cmath.exp(1000))
t(lambda: cmath.rect(1, math.inf))
t(lambda: cmath.isclose(1j, 1j, rel_tol=-1))
t(lambda: cmath.atanh(1))
class C:
    def __complex__(self): return 1j
print(cmath.exp(C()), cmath.sqrt(True))
