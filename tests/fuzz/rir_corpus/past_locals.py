# A local that is dead at the loop's head reached exits in a form that was not known when they were emitted; fuel of a loop entered in its middle.
def f(n, fail):
    for i in range(n):
        half = i * 1.5
        late = half > 3
        for j in range(3):
            k = (i, j)
    if fail:
        raise ValueError(n)
    return n


def g(n):
    for i in range(n):
        j = 0
        while j < 2:
            yield i, j
            j += 1


for n in list(range(8)) * 20:
    f(n, False)
try:
    f(6, True)
except ValueError as e:
    print(sorted(e.__traceback__.tb_next.tb_frame.f_locals.items()))
print(sum(a + b for a, b in g(500)), list(g(2)))
