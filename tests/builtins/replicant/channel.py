"""Channels: what travels and how, bounds, closing."""
from replicant import channel, Channel
import array, threading
c = channel("a", 4)
print(c == channel("a"), c.capacity, len(c), c.closed, channel("a") != channel("b"))
def there(v, **k):
    c.put(v, **k); return c.get()
shared = [1, 2]
d = {"x": shared, "y": shared, 3: (1, 2.5, -7, 1 << 200, -(1 << 70), 1j, None, True, ...)}
d["self"] = d
r = there(d)
print(r["x"] is r["y"], r["self"] is r, r[3], r["x"], list(r))
t = ([],); t[0].append(t)
q = there(t); print(q[0][0] is q, type(q))
for v in ["", "a", "hé", "日本", "😀x", b"", b"abc", bytearray(b"xy"), {1, 2}, frozenset("ab"), int, len, ValueError, range, array.array("d", [1, 2, 3]), set(), {}, (), [], (1,), float("inf"), 2**47, -2**48, "x"*1000]:
    w = there(v)
    print(type(w), w == v)
m = there(memoryview(array.array("i", range(6))).cast("B").cast("i", [2, 3]))
print(m.format, m.shape, m.tolist(), m.readonly)
m = there(memoryview(b"abcdef")[::2]); print(bytes(m), m.readonly)
a = array.array("f", range(1000))
b = there({"k": a, "again": a}, move=True)
print(len(a), len(b["k"]), b["k"] is b["again"], b["k"][999])
a.append(5.0); print(a)
class P:
    def __repr__(self): return "P()"
class L(list): pass
for bad in [P(), L(), [1, P()], {1: {2: P}}]:
    try: c.put(bad)
    except TypeError as e: print(str(e)[:str(e).index(")") + 1])
a = array.array("d", [1.0])
try: c.put([a, P()], move=True)
except TypeError: print(len(a))
v = memoryview(a)
try: c.put([array.array("b", b"12"), a], move=True)
except BufferError as e: print(e, len(a))
for i in range(4): c.put(i)
print(c.try_put(9), len(c))
try: c.put(9, timeout=0.01)
except TimeoutError as e: print(e)
print(c.try_get(), list(c.get() for _ in range(3)), c.try_get("none"))
try: c.get(timeout=0.01)
except TimeoutError as e: print(e)
def producer(n):
    for i in range(100): c.put((n, i))
ts = [threading.Thread(target=producer, args=(n,)) for n in range(3)]
for t in ts: t.start()
got = [c.get() for _ in range(300)]
for t in ts: t.join()
print(all([i for m, i in got if m == n] == list(range(100)) for n in range(3)))
c.put("last"); c.close()
print(c.closed, list(c))
for f in (lambda: c.put(1), lambda: c.get(), lambda: c.try_put(1)):
    try: f()
    except (OSError, EOFError) as e: print(type(e).__name__, e)
print(c.try_get("d"), channel("a") == c)
e = Channel(1); e.put(e); print(e.get() == e, hash(e) == hash(e))
l = []
for i in range(200000): l = [l]
try: e.put(l)
except RecursionError as x: print("deep", str(x)[:60])
del l
for bad in (lambda: Channel(0), lambda: channel(3), lambda: channel("x", 10**9), lambda: channel("a\0b"), lambda: e.put(1, timeout=-1)):
    try: bad()
    except (ValueError, TypeError) as x: print(x)
# expect: True 4 0 False True
# expect: True True (1, 2.5, -7, 1606938044258990275541962092341162602522202993782792835301376, -1180591620717411303424, 1j, None, True, Ellipsis) [1, 2] ['x', 'y', 3, 'self']
# expect: True <class 'tuple'>
# expect: <class 'str'> True
# expect: <class 'str'> True
# expect: <class 'str'> True
# expect: <class 'str'> True
# expect: <class 'str'> True
# expect: <class 'bytes'> True
# expect: <class 'bytes'> True
# expect: <class 'bytearray'> True
# expect: <class 'set'> True
# expect: <class 'frozenset'> True
# expect: <class 'type'> True
# expect: <class 'builtin_function_or_method'> True
# expect: <class 'type'> True
# expect: <class 'type'> True
# expect: <class 'array.array'> True
# expect: <class 'set'> True
# expect: <class 'dict'> True
# expect: <class 'tuple'> True
# expect: <class 'list'> True
# expect: <class 'tuple'> True
# expect: <class 'float'> True
# expect: <class 'int'> True
# expect: <class 'int'> True
# expect: <class 'str'> True
# expect: i (2, 3) [[0, 1, 2], [3, 4, 5]] False
# expect: b'ace' True
# expect: 0 1000 True 999.0
# expect: array('f', [5.0])
# expect: cannot send P()
# expect: cannot send [] (L)
# expect: cannot send P()
# expect: cannot send <class '__main__.P'> (type)
# expect: 1
# expect: cannot move an array that is exporting buffers 1
# expect: False 4
# expect: the channel is full
# expect: 0 [1, 2, 3] none
# expect: nothing came through the channel
# expect: True
# expect: True ['last']
# expect: BrokenPipeError the channel is closed
# expect: EOFError the channel is closed and empty
# expect: BrokenPipeError the channel is closed
# expect: d False
# expect: True True
# expect: deep maximum recursion depth exceeded while sending to another co
# expect: Channel(capacity): must be 1..65536, not 0
# expect: channel(name): name must be str, not int
# expect: channel(name, capacity): capacity must be 1..65536, not 1000000000
# expect: channel(name): embedded null character
# expect: 'timeout' must be a non-negative number
