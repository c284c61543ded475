# What list's methods do and what they say when they cannot.
def show(f, *a):
    try:
        print(repr(f(*a)))
    except Exception as e:
        print(type(e).__name__, e)

l = [3, 1, 2]
show(l.append, 4); show(l.extend, (5, 6)); show(l.insert, 0, 9); show(l.insert, -1, 8); show(l.insert, 99, 7)
print(l)
show(l.pop); show(l.pop, 0); show(l.pop, -2); show(l.pop, 50); show([].pop)
show(l.remove, 2); show(l.remove, 77); print(l)
show(l.index, 4); show(l.index, 4, 3); show(l.index, 99); show(l.count, 4)
show(l.copy); l.reverse(); print(l)
l.clear(); print(l, len(l), bool(l))
l = list('abc'); l += 'de'; l *= 2; print(l)
print([1, 2] + [3], [0] * 3, 2 * [1, 2], [1] * 0, [1] * -1)
show(lambda: [1] + (2,)); show(lambda: [1] * 'a'); show(lambda: [1] * 1.5)
show(lambda: [1, 2][5]); two = [1, 2]; show(lambda: two['a']); show(lambda: two[1.0])
def setit(l, i, v): l[i] = v
def delit(l, i): del l[i]
show(setit, [1], 3, 0); show(delit, [1], 3); show(setit, [1], 'x', 0)
show(list, 5); show(list, 1, 2)
print([1, 2] < [1, 3], [1, 2] == [1, 2], [1] < [1, 0], [2] > [1, 9], [] == [], [1] != [1])
show(lambda: [1] < ['a']); show(lambda: [1] < (1,)); show(hash, [])
a = [1]; a.append(a); print(a, a == a)
print(3 in [1, 2, 3], 4 in [1, 2, 3], float('nan') in [1.0])
show(lambda: [].append()); show(lambda: [].append(1, 2))
