from collections import deque
def show(f, *a, **k):
    try:
        print(repr(f(*a, **k)))
    except Exception as e:
        print(type(e).__name__, e)
d = deque([1, 2, 3]); d.append(4); d.appendleft(0); print(d, len(d), d[0], d[-1], d[2])
print(d.pop(), d.popleft(), d); show(deque().pop); show(deque().popleft); show(lambda: d[9]); show(lambda: d['a'])
d.extend('ab'); d.extendleft('xy'); print(d); d.rotate(2); print(d); d.rotate(-3); print(d); d.rotate(100); print(d); deque().rotate(1)
d.reverse(); print(d, d.count('a'), d.index(2), 2 in d, 99 in d); show(d.index, 99); d.remove(2); show(d.remove, 99); print(d)
d.insert(1, 'I'); d.insert(-1, 'J'); d.insert(99, 'K'); d.insert(-99, 'L'); print(d); del d[0]; d[0] = 'Z'; del d[-1]; del d[3]; print(d)
m = deque(range(10), maxlen=3); print(m, m.maxlen, deque([1]).maxlen); m.append(10); m.appendleft(0); print(m); m.extend([1, 2, 3, 4]); print(m, deque([1], maxlen=0)); show(m.insert, 0, 1)
show(deque, [], -1); show(deque, [], 'a'); show(deque, 5); show(deque, [1], maxlen=None)
print(deque([1, 2]) == deque([1, 2]), deque([1]) < deque([2]), deque([1]) == [1], deque([1]) + deque([2]), deque([1, 2]) * 2, 2 * deque('a'), deque('abc') != deque('abd')); show(lambda: deque() + [1])
d = deque('abc'); d += 'de'; d *= 2; print(d, list(reversed(d)), d.copy() == d); d.clear(); print(d, bool(d))
d = deque([1, 2, 3])
try:
    for x in d: d.append(x)
except RuntimeError as e: print(e)
r = deque(); r.append(r); print(r); print(deque([1], 5).__reduce__()[:2])
d = deque()
for i in range(1000): d.append(i); d.appendleft(-i)
while len(d) > 3: d.pop(); d.popleft()
print(d, hash is hash); show(hash, d); import copy; print(copy.copy(deque([1], 2)))
class D(deque): pass
x = D([1], 3); x.tag = 1; print(x, x.copy(), type(x.copy()), x.tag); d = deque([1, 2]); d.extend(d); print(d)
