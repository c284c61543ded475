"""Memory over what lives: a world of L MB, then S seconds of garbage at R MB/s, a third of it cyclic. Prints SPACE live_mb base_mb peak_mb blocks_mb stalls; base is
the program with its code compiled, before there is a world."""
import gc, sys, time


def resident_mb(what):
    with open("/proc/self/status") as f:
        for line in f:
            if line.startswith(what):
                return int(line.split()[1]) / 1024
    return 0.0


def entity(i):
    return {"id": i, "pos": (i * 0.5, i * 0.25), "vel": [i * 0.125, i * 1.5], "alive": True}


def garbage(n):
    ring = None
    for i in range(n):
        l = [i, ring, (i, i * 0.5)]
        d = {"a": i, "l": l}
        if i % 3 == 0:
            l.append(d)
        ring = d if i % 64 else None
    return ring


def replace(world, n, seed):
    for k in range(n):
        seed = (seed * 1103515245 + 12345) % 2147483648
        world[seed % len(world)] = entity(seed)
    return seed


def main():
    live, rate, seconds = (int(x) for x in sys.argv[1:4])
    world, until = [entity(0)], time.monotonic() + 1.0
    while time.monotonic() < until:  # until everything is compiled
        garbage(1000)
        replace(world, 60, 1)
    gc.collect()
    time.sleep(2.5)  # free blocks go back to the system
    base = resident_mb("VmRSS") - gc.counters()["block_bytes"] / 2 ** 20
    world.clear()
    while gc.counters()["live_bytes"] < live << 20:
        world.extend([entity(i) for i in range(20000)])
        gc.collect()
    alive = gc.counters()["live_bytes"] / 2 ** 20
    with open("/proc/self/clear_refs", "w") as f:
        f.write("5")  # the peak begins anew
    seed, start, had, worst = 1, time.monotonic(), gc.counters()["allocated_bytes"], 0
    while (passed := time.monotonic() - start) < seconds:
        while gc.counters()["allocated_bytes"] - had < passed * rate * 2 ** 20:
            garbage(1000)
            seed = replace(world, 60, seed)
        worst = max(worst, gc.counters()["block_bytes"])
        time.sleep(0.004)
    print("SPACE %.1f %.1f %.1f %.1f %d" % (alive, base, resident_mb("VmHWM"), worst / 2 ** 20, gc.counters()["stalls"]))


main()
