import time
def t(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__ + ':', e)

for name in ('time', 'monotonic', 'perf_counter', 'process_time', 'thread_time'):
    f, ns = getattr(time, name), getattr(time, name + '_ns')
    a, b, c = f(), ns(), f()
    print(name, type(a).__name__, type(b).__name__, a <= b / 1e9 + 1e-6, c >= a, time.get_clock_info(name))
a = time.monotonic()
time.sleep(0.02)
time.sleep(0)
time.sleep(True - 1)
print(0.02 <= time.monotonic() - a < 5)
t(lambda: time.sleep(-1))
t(lambda: time.sleep('a'))
t(lambda: time.sleep(float('nan')))
t(lambda: time.sleep(1e300))
t(lambda: time.get_clock_info('x'))
print(time.clock_gettime(time.CLOCK_MONOTONIC) > 0, type(time.clock_gettime_ns(time.CLOCK_REALTIME)).__name__, type(time.timezone).__name__, len(time.tzname))
