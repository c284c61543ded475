"""What WeakValueDictionary removes entries with: never what has come in the place of the dead one, and never an error because somebody else was faster."""
import _weakref
import gc
import weakref


class Thing:
    pass


live = Thing()
d = {}


class Key:
    """Equal to all others; at the second look it changes the dict."""
    looks = 0
    at_second = None

    def __hash__(self):
        return 7

    def __eq__(self, other):
        Key.looks += 1
        if Key.looks == 2 and Key.at_second:
            Key.at_second()
        return True


def replaced():
    d[key] = live_ref


def removed():
    d.clear()


def ref_to_dead(depth=0):
    """Some calls below: what they leave on the stack is overwritten by those that follow."""
    return ref_to_dead(depth + 1) if depth < 20 else weakref.ref(Thing())


def scrub(depth=50):
    return scrub(depth - 1) + 1 if depth else 0


key, live_ref = Key(), weakref.ref(live)
for what in (None, replaced, removed):
    for _ in range(10):
        d[key] = ref_to_dead()
        for _ in range(10):
            scrub()
            gc.collect()
        if d[key]() is None:
            break
    Key.looks, Key.at_second = 0, what
    print(_weakref._remove_dead_weakref(d, Key()))
    Key.at_second = None
    print(Key.looks < 2 or what is not replaced or d.get(key) is live_ref, what is replaced or len(d) == 0)
    d.clear()

print(_weakref._remove_dead_weakref(d, "absent"))
d["live"] = live_ref
print(_weakref._remove_dead_weakref(d, "live"), d == {"live": live_ref})
for bad in ({"x": 1}, "x"), ([], "x"), ({}, []):
    try:
        print(_weakref._remove_dead_weakref(*bad))
    except TypeError as e:
        print(type(e).__name__)
