def t(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__ + ':', e)

print(True, False, repr(True), str(False), True + True, True * 3, True & False, True | False, True ^ True, True & 3, 2 | True, ~True, -True, +True)
print(bool(), bool(0), bool(1), bool(''), bool('a'), bool([]), bool([0]), bool(None), bool(0.0), bool(0j), bool(10**30), bool({}))
print(True == 1, False == 0, True == 1.0, hash(True), {True: 'a', 1: 'b', 1.0: 'c'}, True < 2, True is True, not True)
print(isinstance(True, int), type(True), bool.__mro__, True.real, True.bit_length(), int(True), float(True), complex(True))
print(format(True), format(True, 'd'), format(True, '5'), f'{True!r:>6}', '%d %s' % (True, True), True.__and__(True), [1, 2][True])
class C:
    def __bool__(self): return False
class L:
    def __len__(self): return 0
class Bad:
    def __bool__(self): return 1
print(bool(C()), bool(L()), bool(object()))
t(lambda: bool(Bad()))
t(lambda: bool(1, 2))
t(lambda: bool(x=1))
t(lambda: type('B', (bool,), {}))
t(lambda: True.__rand__(0))
