"""The scene of frames.c: a live world, and frames that each make so much garbage (tuples, lists, dicts; one in eight is part of a cycle) and replace some
entities of the world. control() does the same stores into objects that are there already."""
import gc, sys, time

COUNTED = ("allocated_bytes", "collector_cpu_ns", "pause_cpu_ns", "edge_cpu_ns", "assists", "stalls", "closes", "failed_closes", "cycles")
world, pool, sums, before = [], [], {}, {}
shape = {"iterations": 0, "pooled": 0, "survivors": 0, "seed": 1, "seconds": 0.0}
log = []


def entity(i):
    return {"id": i, "pos": (i * 0.5, i * 0.25), "vel": [i * 0.125, i * 1.5], "alive": True}


def make_garbage(n, f):
    made = None
    for i in range(n):
        t = (i, i * 0.5)
        l = [i, f, t]
        made = {"a": i, "b": t, "c": l}
        if i % 8 == 0:
            l.append(made)
    return made


def reuse(n, f):
    made = None
    for i in range(n):
        made, l, t = pool[i & 1023]
        l[0] = i
        l[1] = f
        l[2] = t
        made["a"] = i
        made["b"] = t
        made["c"] = l
    return made


def replace(n, seed, make):
    size = len(world)
    for k in range(n):
        seed = (seed * 1103515245 + 12345) % 2147483648
        if make:
            world[seed % size] = entity(seed)
        else:
            world[seed % size]["alive"] = k
    return seed


def draw(f):
    make_garbage(shape["iterations"], f)
    shape["seed"] = replace(shape["survivors"], shape["seed"], True)


def control(f):
    reuse(shape["pooled"], f)
    shape["seed"] = replace(shape["survivors"], shape["seed"], False)


def cpu_of(fn, frames=200):
    fn(0)
    t = time.thread_time()
    for f in range(frames):
        fn(f)
    return (time.thread_time() - t) / frames


def setup(live, garbage, survivors):
    empty = gc.counters()["live_bytes"]
    while True:
        gc.collect()
        had = gc.counters()["live_bytes"] - empty
        if had >= live:
            break
        each = had / len(world) if world else 400
        n = len(world)
        world.extend([entity(i) for i in range(n, n + max(1000, int((live - had) / each)))])
    for i in range(1024):
        pool.append(({"a": i, "b": 0, "c": 0}, [i, 0, 0], (i, i * 0.5)))
    shape["survivors"] = survivors
    had = gc.counters()["allocated_bytes"]
    for f in range(100):
        make_garbage(1000, f)
    each = (gc.counters()["allocated_bytes"] - had) / 100000
    had = gc.counters()["allocated_bytes"]
    for f in range(100):
        shape["seed"] = replace(survivors, shape["seed"], True)
    kept = (gc.counters()["allocated_bytes"] - had) / 100
    shape["iterations"] = max(1, int((garbage - kept) / each))
    shape["pooled"] = 1000
    for f in range(200):  # until it is compiled
        draw(f)
        control(f)
    shape["pooled"] = max(1, int(1000 * cpu_of(draw) / cpu_of(control)))
    gc.collect()
    gc.pause_log()


def busy():
    return gc.counters()["state"] != 0


def begin_cycle():
    gc.step(0)


def stolen_ms():
    """By other guests of the machine's host, of all processors together."""
    with open("/proc/stat") as f:
        return int(f.readline().split()[8]) * 10


def note_stolen(name):
    now = stolen_ms()
    sums[name] = sums.get(name, 0) + now - shape.get("stolen", now)
    shape["stolen"] = now


def begin():
    note_stolen("stolen_control_ms")
    before.update(gc.counters())
    shape["began"] = time.monotonic()


def end():
    now = gc.counters()
    note_stolen("stolen_ms")
    shape["seconds"] += time.monotonic() - shape["began"]
    for name in COUNTED:
        sums[name] = sums.get(name, 0) + now[name] - before[name]


def note():
    stretches, lost = gc.pause_log()
    sums["lost"] = sums.get("lost", 0) + lost
    log.append("".join(["P %d %d %d %s\n" % s[:4] for s in stretches]))


def finish():
    with open(sys.argv[1], "a") as out:
        out.write("".join(log))
        for name, value in [*sums.items(), ("seconds", shape["seconds"]), ("iterations", shape["iterations"]), ("entities", len(world))]:
            out.write("C %s %s\n" % (name, value))
