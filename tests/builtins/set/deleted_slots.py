# Where a new element goes after deletions shows in the order.
s = set([1, 2, 4]); s.discard(1); s.add(9); print(s)
s = set([1, 2, 3, 4, 8]); s.discard(1); s.discard(3); s.add(33); print(s); s.add(65); print(s); s.add(97); print(s)
s = set([1, 2, 3, 4, 8])
for i in (1, 2, 3, 4): s.discard(i)
s.add(33); print(s); s.add(4); print(s)
s = set(range(50)); x = 12345
for i in range(3000):
    x = (x * 1103515245 + 12345) % (1 << 31)
    k = x >> 16
    if x & 64: s.add(k % 300)
    else: s.discard(k % 300)
print(s)
s = set([0, 8, 16]); s.remove(0); print(8 in s, 16 in s, 0 in s, s); s.add(0); print(s)
