# The same seed gives the same numbers as everywhere.
import _random
r = _random.Random(42)
print([r.random() for i in range(5)], [r.getrandbits(k) for k in (1, 7, 31, 32, 33, 64, 65, 200)])
for s in (0, 1, -1, 2**32 - 1, 2**32, 2**64 + 5, -10**40, 1.5, True, 10**1000):
    r.seed(s)
    print(r.random(), r.getrandbits(40))
r.seed(7)
state = r.getstate()
a = [r.random() for i in range(700)]
print(len(state), state[624], sum(state) % 1000003, r.getstate()[624])
r.setstate(state)
print([r.random() for i in range(700)] == a)
def t(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__ + ':', e)
t(lambda: r.getrandbits(0))
t(lambda: r.getrandbits(-1))
t(lambda: r.getrandbits('a'))
t(lambda: r.setstate([1]))
t(lambda: r.setstate((1, 2)))
t(lambda: r.setstate(('a',) * 625))
t(lambda: r.setstate((0,) * 624 + (1000,)))
t(lambda: _random.Random(1, 2))
class R(_random.Random):
    pass
x = R(5)
x.seed(42)
x.tag = 1
print(x.random(), x.tag)
r.seed()
print(0 <= r.random() < 1, _random.Random() is not None)
