# A full collection asked for, over the live world.
import gc
import world
from measure import Stopwatch, repetitions

if __name__ == "__main__":
    entities = world.make()
    for rep in range(repetitions()):
        with Stopwatch() as s:
            gc.collect()
        s.report("gc_full", rep, len(entities))
