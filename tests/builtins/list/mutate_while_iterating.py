# A list that changes under its iterator, under comparison, under repr.
l = [1, 2, 3]
out = []
for x in l:
    out.append(x)
    if len(l) < 6: l.append(x * 10)
print(out)
l = [1, 2, 3, 4]
for x in l: l.remove(x)
print(l)
it = iter([1, 2]); print(list(it), list(it), next(it, 'end'))
l = [1]; it = iter(l); next(it); print(next(it, 'end')); l.append(2); print(next(it, 'end'))
it = reversed([1, 2, 3]); print(next(it), it.__length_hint__(), list(it))
class E:
    def __init__(self, l): self.l = l
    def __eq__(self, o): self.l.clear(); return False
l = []
l.extend([E(l), E(l), 5])
print(5 in l, l)
class R:
    def __init__(self, l): self.l = l
    def __repr__(self): self.l.clear(); return 'R'
l = []; l += [R(l), 1, 2]; print(l)
print(iter([1, 2]).__reduce__()[1:], iter([1, 2]).__length_hint__())
