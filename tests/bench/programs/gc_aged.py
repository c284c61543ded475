# Full collections of the world when it is new, and after 384,000 random entities have been replaced.
import gc
import world
from measure import Stopwatch, repetitions


def collect(name, entities):
    for rep in range(repetitions()):
        with Stopwatch() as s:
            gc.collect()
        s.report(name, rep, len(entities))


def age(entities, n):
    seed = 1
    for _ in range(n):
        seed = world.next_seed(seed)
        entities[seed % len(entities)] = world.entity(seed)


if __name__ == "__main__":
    entities = world.make()
    collect("gc_fresh", entities)
    age(entities, 384000)
    collect("gc_aged", entities)
