# Every operator on operands around the edges of the immediate form (49 bits) and of 64-bit limbs.
edges = []
for k in (0, 1, 31, 47, 48, 49, 63, 64, 65, 127, 128):
    for d in (-1, 0, 1):
        edges += [(1 << k) + d, -(1 << k) + d]
edges = sorted(set(edges))
total = 0
for a in edges:
    for b in edges:
        r = [a + b, a - b, a * b, a & b, a | b, a ^ b, a < b, a == b, a >= b]
        if b:
            r += [a // b, a % b]
            assert (a // b) * b + a % b == a and divmod(a, b) == (a // b, a % b)
        total = (total * 31 + hash(tuple(map(int, r))) % 1000003) % (1 << 61)
        assert (a + b) - b == a and (a ^ b) ^ b == a and (a & b) + (a | b) == a + b
for a in edges:
    print(a, -a, ~a, abs(a), a.bit_length(), a.bit_count(), hash(a), a >> 3, a << 3, +a)
