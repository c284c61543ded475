inf, nan = float('inf'), float('nan')
ints = [0, 1, -1, 2**48, 2**53, 2**53 + 1, -(2**53 + 1), 2**63, 2**64, 10**22, 10**23, 10**308, 10**400, -10**400, 2**1023 * 2 - 1, 2**70]
floats = [0.0, -0.0, 0.5, 1.0, -1.0, 2.0**48, 2.0**53, 2.0**53 + 2, 2.0**63, 2.0**64, 1e22, 1e23, 1e308, -1e308, inf, -inf, nan, 2.0**70]
for i in ints:
    print(i if abs(i) < 10**30 else 'wide', [(i < f, i <= f, i == f, i != f, i > f, i >= f) for f in floats])
    print([(f < i, f == i, f >= i) for f in floats])
for f in floats + [0.1, 1.1, -1.5, 1e300, 5e-324, 3.14159, 1e16, 123456789.5, -0.1]:
    if f == f:
        print(f, hash(f))
print(hash(2.0**100) == hash(2**100), hash(1e22) == hash(10**22), {1: 'a'}[1.0], {2.0**64: 'b'}[2**64], 1.0 in [1], nan == nan, nan != nan)
print(sorted([3, 1.5, -2, 2**60, 2.0**59, True]), max(1, 1.0), min(2.0, 2))
print(1.0 == True, 0.0 == False, 1.5 == '1.5', 1.5 != None)
