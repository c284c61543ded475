"""The cases of tests/bench/threads/run: the same work by one thread and by two. argv: rounds, names of cases (none: all).

Each case is a function of the thread's number and the number of threads; it does its share of a unit of work and returns a sum. What it reads is shared
by the threads. A sample is as many units for each thread as one thread does in SAMPLE seconds. Printed per case and round: CASE name threads, then for a unit: CPU
seconds of the threads, wall seconds times threads, CPU seconds of the process; times a thread blocked in the sample, sum of a unit. After each sample some calls between gauges:
CALL name threads, CPU seconds for a unit by that call, and of the slowest gauge of all threads before and after it.
"""
import resource
import sys
import threading
import time


class Point:
    def __init__(self, x, y):
        self.x = x
        self.y = y

    def sum(self, k):
        return self.x + self.y + k


class Particle:
    def __init__(self, x, y, vx, vy):
        self.x = x
        self.y = y
        self.vx = vx
        self.vy = vy


def escape(cx, cy, limit):
    x = y = 0.0
    for i in range(limit):
        x2 = x * x
        y2 = y * y
        if x2 + y2 > 4.0:
            return i
        y = 2.0 * x * y + cy
        x = x2 - y2 + cx
    return limit


def mandelbrot(k, n):
    total = 0
    for row in range(k, 200, n):
        cy = row * 2.5 / 200 - 1.25
        for col in range(300):
            total += escape(col * 3.5 / 300 - 2.5, cy, 200)
    return total


swarm = [Particle(0.0, 0.0, 0.0, 0.0) for i in range(20000)]
places = [((i * 7919 % 1000) / 1000, (i * 104729 % 1000) / 1000, (i * 31 % 100) / 100 - 0.5, (i * 57 % 100) / 100 - 0.5) for i in range(20000)]


def begin_anew(low, high):
    for i in range(low, high):
        p = swarm[i]
        p.x, p.y, p.vx, p.vy = places[i]


def particles(k, n):
    """Each unit begins anew: which branches are taken, and how well that can be foretold, changes with the swarm's age, and so does the time of a step (by a half)."""
    dt = 1.0 / 60.0
    low, high = len(swarm) * k // n, len(swarm) * (k + 1) // n
    begin_anew(low, high)
    for _ in range(60):
        for i in range(low, high):
            p = swarm[i]
            p.vy -= 0.5 * dt
            p.x += p.vx * dt
            p.y += p.vy * dt
            if p.x < 0.0 or p.x > 1.0:
                p.vx = -p.vx
            if p.y < 0.0 or p.y > 1.0:
                p.vy = -p.vy
    return high - low


N_KEYS = 1000
table = {"key%d" % i: i for i in range(N_KEYS)}
keys = list(table)
numbers = {i * 3: i for i in range(N_KEYS)}


def dict_readers(k, n):
    total = 0
    for _ in range(1200 // n):
        for key in keys:
            total += table[key]
    return total


def dict_get_readers(k, n):
    total = 0
    for _ in range(1000 // n):
        for i in range(N_KEYS):
            total += numbers.get(i * 3, 0)
            if i in numbers:
                total += 1
    return total


shared = Point(1, 2)


def attribute_readers(k, n):
    total = 0
    for i in range(4000000 // n):
        total += shared.x + shared.y
    return total


def method_callers(k, n):
    total = 0
    for i in range(3000000 // n):
        total += shared.sum(1)
    return total


def list_readers(k, n):
    total = 0
    for _ in range(2000 // n):
        for key in keys:
            if key is None:
                total += 1
        total += len(keys)
    return total


def allocation(k, n):
    total = 0
    for i in range(6000000 // n):
        p = Point(i, 1)
        q = (i, p)
        total += q[1].y
    return total


def list_building(k, n):
    total = 0
    for _ in range(3000 // n):
        mine = []
        for i in range(300):
            mine.append(i)
        total += len(mine)
    return total


def dict_building(k, n):
    total = 0
    for _ in range(1500 // n):
        mine = {}
        for i in range(300):
            mine[i] = i
        total += len(mine)
    return total


def text(k, n):
    total = 0
    for i in range(300000 // n):
        total += len("item %d" % i) + len(str(i))
    return total


def generators(k, n):
    total = 0
    for _ in range(3000 // n):
        total += sum(i * 2 for i in range(300))
    return total


def handled_errors(k, n):
    total = 0
    for i in range(150000 // n):
        try:
            table[i]
        except KeyError:
            total += 1
    return total


CASES = [mandelbrot, particles, dict_readers, dict_get_readers, attribute_readers, method_callers, list_readers, allocation, list_building, dict_building, text,
         generators, handled_errors]


SAMPLE = 0.15
WARM = 0.5  # so long the compiler has, which works beside the program


def repeat(case, k, n, units):
    """Its share of so many units for each thread."""
    total = 0
    for _ in range(units * n):
        total += case(k, n)
    return total


def measure(case, n, units):
    sums, times = [0] * n, [0.0] * n
    gate = threading.Barrier(n + 1)

    def work(k):
        gate.wait()
        t = time.thread_time()
        sums[k] = repeat(case, k, n, units)
        times[k] = time.thread_time() - t

    crew = [threading.Thread(target=work, args=(k,)) for k in range(n)]
    for t in crew:
        t.start()
    blocked = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw
    process, wall = time.process_time(), time.perf_counter()
    gate.wait()
    for t in crew:
        t.join()
    wall, process = time.perf_counter() - wall, time.process_time() - process
    blocked = resource.getrusage(resource.RUSAGE_SELF).ru_nvcsw - blocked
    done = units * n
    print("CASE", case.__name__, n, "%.9f %.9f %.9f" % (sum(times) / done, wall / units, process / done), blocked, sum(sums) // done, flush=True)


def gauge():
    """CPU seconds of a loop that keeps all the arithmetic units of a core busy and touches no memory: it takes longer while somebody else computes on the same core."""
    t = time.thread_time()
    a = b = c = d = e = f = 0
    for i in range(300000):
        a += i; b ^= i; c += 1; d ^= i; e += i; f += 2
        a ^= 1; b += 2; c ^= i; d += 1; e ^= i; f ^= 4
    return time.thread_time() - t


def measure_calls(case, n, n_calls):
    """Each call stands between two gauges, which all threads run at once, and nobody works meanwhile."""
    gate = threading.Barrier(n)
    gauges, calls = [[] for _ in range(n)], [[] for _ in range(n)]

    def work(k):
        for i in range(n_calls + 1):
            gate.wait()
            gauges[k].append(gauge())
            gate.wait()
            if i < n_calls:
                t = time.thread_time()
                case(k, n)
                calls[k].append((time.thread_time() - t) * n)

    crew = [threading.Thread(target=work, args=(k,)) for k in range(n)]
    for t in crew:
        t.start()
    for t in crew:
        t.join()
    for i in range(n_calls):
        print("CALL", case.__name__, n, "%.9f %.9f" % (sum(c[i] for c in calls) / n, max(max(g[i], g[i + 1]) for g in gauges)))


def seconds(case, units):
    t = time.thread_time()
    repeat(case, 0, 1, units)
    return time.thread_time() - t


if __name__ == "__main__":
    rounds, names = int(sys.argv[1]), sys.argv[2:]
    for case in CASES:
        if names and case.__name__ not in names:
            continue
        warm = time.perf_counter() + WARM
        while time.perf_counter() < warm:
            case(0, 1)
            gauge()
        units = 1
        while seconds(case, units) < SAMPLE / 2:
            units *= 2
        units = int(units * SAMPLE / seconds(case, units)) + 1
        for _ in range(rounds):
            for n in (1, 2):
                measure(case, n, units)
                measure_calls(case, n, units)
                sys.stdout.flush()
