class I(int):
    def __repr__(self): return 'I(%d)' % int(self)
    def __add__(self, other): return I(int(self) + int(other))

class Plain(int):
    pass

a = I(5)
print(a, repr(a), a + 3, 3 + a, a * 2, type(a * 2).__name__, a == 5, hash(a) == hash(5), a < 6, -a, type(-a).__name__)
p = Plain(10**30)
p.tag = 'x'
print(p, p.tag, p + 1, type(p + 1).__name__, p == 10**30, {10**30: 'found'}[p], int(p) is p, type(int(p)).__name__)
print(Plain(), Plain('12'), Plain('ff', 16), Plain(1.5), type(Plain.from_bytes(b'\x05')).__name__, isinstance(Plain(3), int))
z = Plain(0)
print(bool(z), z or 'zero', [10, 20][Plain(1)], Plain(7) // 2, Plain(7) % 4, Plain(7) / 2, divmod(Plain(7), 2), Plain(2) ** Plain(10))
print(sorted([Plain(3), 1, True, Plain(-2), 2.5]))
print(Plain(5).real, type(Plain(5).real).__name__, Plain(-5).__abs__(), format(Plain(255), 'x'), f'{Plain(3):03d}', '%d' % Plain(9))
print(pow(Plain(3), 4, Plain(5)), Plain(3) << Plain(2), Plain(6) & 3, Plain(6) | 1, Plain(6) ^ 2, ~Plain(6))
