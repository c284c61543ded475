import math
from math import *
def t(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__ + ':', e)

print([factorial(n) for n in range(25)], factorial(60), factorial(True))
print([[comb(n, k) for k in range(n + 2)] for n in range(8)], comb(100, 50), comb(10**20, 3), comb(2**70, 2), comb(10**20, 10**20), comb(1000, 998))
print([[perm(n, k) for k in range(n + 2)] for n in range(7)], perm(5), perm(5, None), perm(2**70, 2), perm(100, 40))
print([isqrt(n) for n in range(30)], isqrt(10**40), isqrt(10**40 - 1), isqrt(2**64), isqrt(2**1001))
print(gcd(), gcd(12), gcd(12, 18), gcd(-4), gcd(0, 0), gcd(10**40, 6**40), gcd(12, 18, 27), gcd(2**100, 2**60 * 3))
print(lcm(), lcm(4, 6), lcm(0, 3), lcm(-4), lcm(2, 3, 5, 7), lcm(10**20, 6**20))
print(prod([]), prod([1, 2, 3]), prod([1, 2.5]), prod(range(1, 30)), prod([2] * 100), prod([1.5, 2], start=4), prod('', start='a'), prod([[1]], start=2))
print(fsum([]), fsum([.1] * 10), fsum([1e100, 1, -1e100]), fsum([1e16, 1, 1e-16] * 10), fsum(x * 0.1 for x in range(100)), fsum([inf, 1]), fsum([nan]), fsum([1, 2, True]))
print(fsum([2.0**53, 1.0, 2.0**-100]), fsum([2.0**53 + 10.0, 1.0, 2.0**-100]), fsum([1 / n for n in range(1, 1001)]), fsum([(-1.0)**n / n for n in range(1, 1001)]))
print(hypot(), hypot(3, 4), hypot(1, 1, 1), hypot(-5), hypot(1e308, 1e308), hypot(5e-324, 5e-324), hypot(*[0.1 * i for i in range(20)]), hypot(inf, nan), hypot(nan, 1))
print(dist((1, 2), (4, 6)), dist([1, 2, 3], [4.5, 6, 8]), dist((), ()), dist((0.1, 0.2, 0.3), (0.4, 0.5, 0.7)), dist(iter([1, 2]), (1, 3)))
for f in (lambda: factorial(-1), lambda: factorial(1.0), lambda: factorial(10**20), lambda: comb(-1, 2), lambda: comb(5, -2), lambda: comb(10, 2.0), lambda: perm(-1), lambda: perm(10, -1),
          lambda: isqrt(-1), lambda: isqrt(2.0), lambda: gcd(2.0), lambda: lcm('a'), lambda: dist([1], [2, 3]), lambda: dist(1, 2), lambda: fsum([1e308, 1e308]), lambda: fsum([inf, -inf]),
          lambda: fsum(['a']), lambda: fsum(1), lambda: prod([1], start='a'), lambda: prod(5), lambda: prod([1, None]), lambda: hypot('a'), lambda: perm(3, 5)):
    t(f)
