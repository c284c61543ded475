# Trees of pairs to depth 16: short-lived ones beside one that stays.
from measure import repeat


def grow(depth):
    if depth == 0:
        return (None, None)
    return (grow(depth - 1), grow(depth - 1))


def count(tree):
    left, right = tree
    if left is None:
        return 1
    return 1 + count(left) + count(right)


def forest(depth):
    total = count(grow(depth + 1))
    keeper = grow(depth)
    for d in range(4, depth + 1, 4):
        for _ in range(1 << (depth - d + 4)):
            total += count(grow(d))
    return total + count(keeper)


if __name__ == "__main__":
    repeat("binary_trees", forest, 16)
