# Arithmetic that has seen a float on one side, or on either, and then sees two ints: the result is an int.
def mul(x, y): return x * y
def twice(x): return x * 2
def less(x): return 10 - x
def add(x, y):
    x += y
    return x
for i in range(9000): mul(0.5, 1), mul(1, 0.5), twice(0.5), less(0.5), add(0.5, 1)
print(mul(13, 2), twice(13), less(3), add(1, 2), mul(2, 0.5), mul(0.5, 2), mul(0.5, 0.5), twice(True), add(True, True), mul(2**60, 2**60))
for i in range(9000): mul(i, i), twice(i), less(i), add(i, i), mul(0.5, i)
print(mul(13, 2), twice(13), less(3), add(1, 2), mul(2, 0.5), twice(0.25), less(0.25), add(0.25, 1))
