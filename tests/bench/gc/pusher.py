"""Pusher: a window of W messages of 1 KB, the oldest replaced by a new one; how long does the longest push take? Variant b: messages that refer to others.
Prints PUSHER variant worst_wall_us p99.9_wall_us worst_stretch_wall_us worst_stretch_cpu_us its_kind."""
import sys, time

W = 200000


def push_a(window, i):
    window[i % W] = bytearray(1024)


def push_b(window, i):
    window[i % W] = (i, [bytearray(1024)])


def run(push, n, clock):
    window = [None] * W
    times = [0] * n
    for i in range(n):
        t = clock()
        push(window, i)
        times[i] = clock() - t
    return times


def main():
    n = int(sys.argv[1]) if len(sys.argv) > 1 else 1000000
    for name, push in (("a", push_a), ("b", push_b)):
        try:
            import gc
            gc.pause_log()
        except AttributeError:
            gc = None
        times = run(push, n, time.perf_counter_ns)
        stretches = gc.pause_log()[0] if gc else []
        times.sort()
        worst = max(stretches, key=lambda s: s[2], default=(0, 0, 0, "-"))
        print("PUSHER %s %.1f %.1f %.1f %.1f %s" % (name, times[-1] / 1e3, times[int(n * 0.999)] / 1e3, max([s[1] for s in stretches], default=0) / 1e3, worst[2] / 1e3,
                                                  worst[3]))


main()
