def t(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__ + ':', e)

big = 3**200
for v in (0, 1, -1, 255, -256, 2**48, -2**63, big, -big):
    print(v.bit_length(), v.bit_count(), v.as_integer_ratio(), v.conjugate(), v.real, v.imag, v.numerator, v.denominator,
          v.__trunc__(), v.__floor__(), v.__ceil__(), v.__round__(), v.__index__(), v.__int__(), v.__getnewargs__(), v.__sizeof__())
for v, n, order, signed in ((10, 2, 'big', False), (10, 2, 'little', False), (-5, 2, 'big', True), (-128, 1, 'big', True), (-129, 1, 'big', True),
                            (128, 1, 'big', True), (256, 1, 'big', False), (-1, 4, 'big', False), (big, 40, 'big', False),
                            (-big, 41, 'little', True), (0, 0, 'big', False), (1, 1, 'x', False), (1, -1, 'big', False)):
    t(lambda: v.to_bytes(n, order, signed=signed))
t(lambda: (5).to_bytes())
t(lambda: (5).to_bytes(length=3, byteorder='little'))
t(lambda: (5).to_bytes(2, 5))
for b in (b'', b'\x00', b'\xff', b'\x01\x02\x03', bytes(range(40)), bytes(range(255, 200, -1))):
    for order in ('big', 'little'):
        for signed in (False, True):
            print(int.from_bytes(b, order, signed=signed))
t(lambda: int.from_bytes([1, 2, 3]))
t(lambda: int.from_bytes(bytearray(b'\x01\x00')))
t(lambda: int.from_bytes('ab'))
t(lambda: int.from_bytes(5))
t(lambda: int.from_bytes(b'ab', 'q'))
for v, n in ((15, -1), (25, -1), (-15, -1), (1234567, -3), (1500, -3), (2500, -3), (10**30 + 5, -1), (5, -10), (1, -10**6), (123, 2), (big, -50)):
    print(round(v, n))
t(lambda: (5).__round__(1.5))
t(lambda: round(5, None))
t(lambda: (1).bogus)
