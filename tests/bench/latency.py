"""When does a hot loop become native code? Notes the clock every 1000 iterations. LATENCY: until the first of five notes in a row at the final speed."""
import time

NOTES = 6000


def hot(notes):
    times = []
    i = 0
    total = 0.0
    while len(times) < notes:
        total += i * 0.5
        i += 1
        if i % 1000 == 0:
            times.append(time.perf_counter())
    return times


start = time.perf_counter()
times = [start] + hot(NOTES)
steps = [b - a for a, b in zip(times, times[1:])]
final = sorted(steps[-1000:])[500]
if steps[0] < 2 * final:
    print("LATENCY unknown: the loop never became faster")
else:
    for k in range(len(steps) - 5):
        if all(s < 2 * final for s in steps[k:k + 5]):
            print("LATENCY %.2f ms, then %.1f times as fast" % ((times[k] - start) * 1e3, sorted(steps[:max(1, min(k, 20))])[0] / final))
            break
