from array import array, typecodes
def show(f, *a):
    try:
        print(repr(f(*a)))
    except Exception as e:
        print(type(e).__name__, e)
print(typecodes)
a = array('i', [1, 2, 3]); a.append(4); a.extend([5, 6]); a.insert(1, 9); print(a, len(a), a[0], a[-1], a[1:3], a[::2], a.typecode, a.itemsize)
print(a.pop(), a.pop(0), a.index(3), a.count(9), a.tolist(), 9 in a, 99 in a); a.remove(9); a.reverse(); print(a, list(a))
show(a.append, 'x'); show(a.append, 1.5); show(a.append, 2 ** 40); show(a.remove, 77); show(array('i').pop); show(lambda: a[9]); show(lambda: a['x']); show(array, 'z'); show(array, 'i', 'abc')
for c in 'bBhHiIlLqQ': print(c, array(c, [0, 1, 127]), array(c).itemsize)
show(array, 'b', [128]); show(array, 'B', [-1]); show(array, 'h', [40000]); show(array, 'L', [-1]); print(array('Q', [2 ** 64 - 1]), array('q', [-2 ** 63]))
f = array('f', [1.5, 0.1]); d = array('d', [1.5, 0.1]); print(f, d, array('u', 'hé'), array('u', 'ab').tounicode())
print(a.tobytes(), array('h', b'\x01\x00\x02\x00'), array('i', [1]) + array('i', [2]), array('i', [1, 2]) * 2, array('i', [1]) == array('i', [1]), array('i', [1]) < array('i', [2]), array('i', [1]) == array('d', [1.0]))
b = array('i', range(10)); b[2:4] = array('i', [0, 0, 0]); del b[0]; del b[::3]; print(b); b[0] = 77; b += array('i', [5]); b *= 2; print(b); b.byteswap(); print(b[0]); show(lambda: b + [1]); show(b.extend, array('d')); show(b.frombytes, b'abc')
m = memoryview(array('i', [1, 2])); print(m.format, m.itemsize, m.tolist(), m.nbytes)
x = array('i', [1]); v = memoryview(x); show(x.append, 2); v.release(); x.append(2); print(x)
