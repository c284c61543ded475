"""A thread that does arithmetic beside one that does nothing, arithmetic too, or allocates flat out, in turns. Prints BESIDE other cpu_ms per turn: the CPU time
of the arithmetic thread for the same work."""
import sys, threading, time

state = {"mode": "nothing", "end": False, "made": 0}


def arithmetic(n):
    inside = 0
    for k in range(n):
        cr = -2.0 + 2.5 * (k % 499) / 499.0
        ci = -1.0 + 2.0 * (k % 503) / 503.0
        x = y = 0.0
        i = 0
        while i < 200 and x * x + y * y < 4.0:
            x, y = x * x - y * y + cr, 2.0 * x * y + ci
            i += 1
        inside += i
    return inside


def allocate(n):
    kept = None
    for i in range(n):
        kept = {"a": i, "b": (i, i * 0.5), "c": [i, kept if i % 50 else None]}
    return kept


def other():
    world = [{"id": i, "pos": (i, i)} for i in range(200000)]
    while not state["end"]:
        mode = state["mode"]
        if mode == "nothing":
            time.sleep(0.001)
        elif mode == "arithmetic":
            arithmetic(2000)
        else:
            allocate(20000)
            state["made"] += 20000
    return len(world)


def main():
    turns = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    work = int(sys.argv[2]) if len(sys.argv) > 2 else 400000
    arithmetic(20000)
    t = threading.Thread(target=other)
    t.start()
    time.sleep(0.5)
    for turn in range(turns + 1):
        for mode in ("nothing", "arithmetic", "allocating"):
            state["mode"] = mode
            time.sleep(0.05)
            c = time.thread_time()
            arithmetic(work)
            if turn:
                print("BESIDE", mode, (time.thread_time() - c) * 1e3)
    state["end"] = True
    t.join()


main()
