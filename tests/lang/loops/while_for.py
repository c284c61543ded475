def primes(n):
    out = []
    for i in range(2, n):
        for p in out:
            if i % p == 0:
                break
        else:
            out.append(i)
    return out
print(primes(30))
def whiles():
    i = 0
    while i < 5:
        i += 1
        if i == 2:
            continue
        if i == 4:
            break
        print("w", i)
    else:
        print("not reached")
    while i < 6:
        i += 1
    else:
        print("else", i)
    while True:
        i -= 1
        if not i:
            break
    return i
print(whiles())
for i in range(3):
    pass
print(i)
for i in []:
    pass
print(i)
for a, (b, *c) in [(1, (2, 3, 4)), (5, "xyz")]:
    print(a, b, c)
class Box: pass
box = Box()
d = {}
for box.v in range(3): pass
for d["k"] in "ab": pass
print(box.v, d)
def nested():
    for i in range(3):
        for j in range(3):
            if j == 1: continue
            if i == 1: break
            yield i, j
        else:
            yield "inner done", i
    else:
        yield "done"
print(list(nested()))
def return_in_loop():
    for i in range(10):
        while True:
            if i == 3:
                return "found", i
            break
print(return_in_loop())
x = 10
while x:
    x -= 3
    if x < 0: break
print(x)
for x in (1, 2): y = x
print(x, y)
for i in range(3):
    i = i * 10
    print(i, end=" ")
print()
for i in [1, 2, 3]:
    try:
        if i == 2: continue
        print("body", i)
    finally:
        print("fin", i)
while 0:
    print("never")
else:
    print("while else")
n = 0
for i in range(1000):
    n += i * 2 - 1
print(n)
