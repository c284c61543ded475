import heapq, bisect
def show(f, *a, **k):
    try:
        print(repr(f(*a, **k)))
    except Exception as e:
        print(type(e).__name__, e)
h = []
for x in [5, 3, 8, 1, 9, 2, 7]: heapq.heappush(h, x)
print(h, heapq.heappop(h), heapq.heappushpop(h, 0), heapq.heappushpop(h, 4), heapq.heapreplace(h, 10), h)
l = [9, 8, 7, 6, 5, 4, 3, 2, 1, 0]; heapq.heapify(l); print(l, [heapq.heappop(l) for _ in range(10)])
show(heapq.heappop, []); show(heapq.heapify, (1,)); show(heapq.heapreplace, [], 1); show(heapq.heappush, [1], 'a'); print(heapq.heappushpop([], 3))
print(heapq.nlargest(3, [1, 5, 2, 9]), heapq.nsmallest(2, 'hello'), heapq.nlargest(2, [1, -5, 3], key=abs), list(heapq.merge([1, 4], [2, 3], [0])))
l = [1, 3, 3, 5]
print(bisect.bisect(l, 3), bisect.bisect_left(l, 3), bisect.bisect_right(l, 9), bisect.bisect_left(l, 0), bisect.bisect(l, 3, 0, 2), bisect.bisect_left([(1, 'a'), (2, 'b')], 2, key=lambda t: t[0])); bisect.insort(l, 4); bisect.insort_left(l, 3); print(l); show(bisect.bisect, [1], 1, -1); show(bisect.bisect, 5, 1)
h = [3.5, 1, 2.5]; heapq.heapify(h); print(h); t = [(2, 'b'), (1, 'z'), (2, 'a')]; heapq.heapify(t); print(heapq.heappop(t), heapq.heappop(t))
