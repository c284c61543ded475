# Compiled code that does not take a call's arguments leaves it to the interpreter, which does not ask the code again, however often that happens.
def small(v):
    return v[:3]


def unbound(a, b, c=3):
    h = small(h)
    for j in (1, 2.5, 3):
        try:
            f = small(a * c in 7 << 5)
        except (ValueError, KeyError):
            c = 0


def total(a, b, c=3):
    t = a
    for j in (1, 2):
        t = t + b * c
    return t


def attempt(f, *args):
    try:
        return f(*args)
    except RecursionError:
        return "recursion"
    except Exception as e:
        return type(e).__name__


kinds = [(1, 2), (1.5, 2), (1, 2, 0.5), ("a", 2), (1j, 2), (2**70, 1), (None, 1), ([1], [2]), (True, False), ((1,), (2,), 2)]
for f in (unbound, total):
    seen = {}
    for k in range(6000):
        n = k % len(kinds)
        seen.setdefault(n, set()).add(repr(attempt(f, *kinds[n])))
        if k % 3 == 0:
            seen.setdefault(0, set()).add(repr(attempt(f, *kinds[0])))
    print(f.__name__, {n: sorted(s) for n, s in sorted(seen.items())})
