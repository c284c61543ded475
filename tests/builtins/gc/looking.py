# What the module gc tells of objects.
import gc


class Node:
    def __init__(self, *parts):
        self.parts = parts


print(sorted(map(str, gc.get_referents([1, 2.5, None, "s"], (True, ...)))))
print(sorted(map(str, gc.get_referents({1: "a", "b": 2}))))
print(gc.get_referents(7, None, "text", 2.5), gc.get_referents())
n = Node(3, 4)
print((3, 4) in gc.get_referents(n) or any((3, 4) in gc.get_referents(x) for x in gc.get_referents(n)), Node in gc.get_referents(n))
print(any(o is n for o in gc.get_objects()), len(gc.get_objects()) > 100)
holder = [n]
print(any(o is holder for o in gc.get_referrers(n)))
for bad in (3, 1000, -2, "1", 1.5):
    try:
        gc.get_objects(bad)
    except (TypeError, ValueError) as e:
        print(type(e).__name__, e)
print([gc.is_tracked(x) for x in (1, "s", 1.5, None, (), [], {}, {"a": 1}, {"a": []}, n, Node)])
gc.collect()
old = [Node()]
gc.collect()
print(any(o is old for o in gc.get_objects(2)), any(o is old for o in gc.get_objects(0)))


def is_young_at_first():
    young = [Node()]
    return any(o is young for o in gc.get_objects(generation=0)) and not any(o is young for o in gc.get_objects(generation=2))


print(any(is_young_at_first() for _ in range(20)))  # a collection may come between
print(gc.get_freeze_count())
gc.freeze()
print(gc.get_freeze_count() > 100)
gc.unfreeze()
print(gc.get_freeze_count())
seen = []
gc.callbacks.append(lambda phase, info: seen.append((phase, info["generation"], sorted(info))))
gc.disable()
for g in range(3):
    before = [s["collections"] for s in gc.get_stats()]
    gc.collect(g)
    print(gc.get_stats()[g]["collections"] > before[g])
gc.collect()
gc.callbacks.clear()
print(*seen, sep="\n")
for bad in (3, -1):
    try:
        gc.collect(bad)
    except ValueError as e:
        print(e)
print(gc.isenabled(), gc.enable(), gc.isenabled(), len(gc.get_count()), gc.get_threshold())
print([sorted(s) for s in gc.get_stats()])
