# queue, deque, SimpleQueue, Lock, Condition, Semaphore under load.
from _race import together
import collections, queue, threading

N = 200
for Q in (queue.Queue, queue.SimpleQueue, queue.LifoQueue, queue.PriorityQueue):
    q, got = Q(), [[], []]
    def put(k):
        def run():
            for i in range(N): q.put(k * N + i)
        return run
    def get(k):
        def run():
            for i in range(N): got[k].append(q.get())
        return run
    together(put(0), put(1), get(0), get(1))
    print(Q.__name__, sorted(got[0] + got[1]) == list(range(2 * N)), q.empty())
d = collections.deque(maxlen=50)
def push():
    for i in range(N): d.append(i); d.appendleft(-i)
def pull():
    for i in range(N):
        try: d.pop(); d.popleft()
        except IndexError: pass
def walk():
    for i in range(N // 4):
        try: list(d)
        except RuntimeError as e: assert "mutated" in str(e)
        d.rotate(3); d.reverse(); len(d); d.count(3)
together(push, pull, walk)
print(len(d) <= 50)
lock, n = threading.Lock(), 0
def count():
    global n
    for i in range(N):
        with lock: n += 1
together(count, repeat=4)
print(n == 4 * N)
r, m = threading.RLock(), 0
def nested():
    global m
    for i in range(N):
        with r:
            with r: m += 1
together(nested, repeat=3)
print(m == 3 * N)
sem, inside, most = threading.Semaphore(2), [], []
def enter():
    for i in range(50):
        with sem:
            inside.append(1); most.append(len(inside)); inside.pop()
together(enter, repeat=4)
print(max(most) <= 2)
local = threading.local()
def mine():
    for i in range(N):
        local.x = threading.get_ident()
        assert local.x == threading.get_ident()
together(mine, repeat=4)
print(hasattr(local, "x"))
import weakref
class W: pass
w = W()
refs = []
def weak():
    for i in range(N): refs.append(weakref.ref(w)); assert refs[-1]() is w; weakref.WeakValueDictionary(a=w)["a"]
together(weak, repeat=3)
print(len(refs), len(set(map(id, refs))))
