# Jitter: frames that make some 200 KB of garbage, one in eight pieces a cycle, and replace 64 entities of the world.
# argv: [frames] [entities]. Prints GCFRAMES and percentiles of a frame in ms: w wall, c CPU time of the thread.
import sys
import time
import world


def frame(entities, number, seed):
    scraps = []
    for i in range(480):
        pair = (i, i * 0.5)
        row = [i, number, pair]
        item = {"a": i, "b": pair, "c": row}
        if i % 8 == 0:
            row.append(item)
        scraps.append(item)
    n = len(entities)
    for _ in range(64):
        seed = world.next_seed(seed)
        entities[seed % n] = world.entity(seed)
    total = 0
    for item in scraps:
        total += item["b"][0]
    return seed, total


def percentile(times, q):
    return times[min(int(q * len(times)), len(times) - 1)] * 1000.0


def main():
    frames = int(sys.argv[1]) if len(sys.argv) > 1 else 600
    entities = world.make(int(sys.argv[2]) if len(sys.argv) > 2 else world.COUNT)
    thread_time = getattr(time, "thread_time", time.process_time)
    wall = [0.0] * frames
    cpu = [0.0] * frames
    seed, total = 1, 0
    for f in range(frames):
        w0, c0 = time.perf_counter(), thread_time()
        seed, part = frame(entities, f, seed)
        cpu[f] = thread_time() - c0
        wall[f] = time.perf_counter() - w0
        total += part
    wall.sort()
    cpu.sort()
    words = ["GCFRAMES"]
    for letter, times in (("w", wall), ("c", cpu)):
        for q in (0.5, 0.99, 0.999, 1.0):
            words.append("%s%g %.3f" % (letter, q * 100, percentile(times, q)))
    print(*words, "check", total)


main()
