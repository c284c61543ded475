def t(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__ + ':', e)

class I:
    def __int__(self): return 42
class X:
    def __index__(self): return 43
class T:
    def __trunc__(self): return X()
class Bad:
    def __int__(self): return 'no'
class S(int):
    pass

for s in ('12', ' 12 ', '+12', '-12', '1_000', '1__0', '_1', '1_', '', '  ', '0x1f', '- 1', '12a', '1 2', '\u0661\u0662', '1\x00', '9' * 50,
          '-' + '9' * 50, '000', '0' * 60 + '7'):
    t(lambda: int(s))
for s, b in (('0x1f', 16), ('0x1f', 0), ('0b11', 0), ('0o17', 0), ('0b11', 2), ('010', 0), ('00', 0), ('0_0', 0), ('z', 36), ('12', 3),
             ('0x_f', 0), ('0x', 16), ('2', 2), ('1', 1), ('1', 37), ('1', -1), ('f' * 40, 16), ('1' * 200, 2), ('zz' * 20, 36)):
    t(lambda: int(s, b))
t(lambda: int())
t(lambda: int(I()))
t(lambda: int(X()))
t(lambda: int(Bad()))
t(lambda: int(S(5)))
t(lambda: int(True))
t(lambda: int(1.9))
t(lambda: int(-1.9))
t(lambda: int(1e30))
t(lambda: int(float('inf')))
t(lambda: int(float('nan')))
t(lambda: int(None))
t(lambda: int([]))
t(lambda: int(1j))
t(lambda: int(b'12'))
t(lambda: int(bytearray(b' 0x10 '), 16))
t(lambda: int(b'12x'))
t(lambda: int('12', base=3))
t(lambda: int(base=3))
t(lambda: int(12, 3))
t(lambda: int('1', 2, 3))
t(lambda: int('1', x=3))
t(lambda: int('1', 2.0))
t(lambda: int('x' * 300))
