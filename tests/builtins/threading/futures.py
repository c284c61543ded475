# tiers: interp    (it imports logging: compiling all of that at its first call takes many seconds)
import concurrent.futures, time

with concurrent.futures.ThreadPoolExecutor(4) as pool:
    print(sum(pool.map(lambda x: x * x, range(100))))
    f = pool.submit(int, "x")
    print(type(f.exception()).__name__)
    fs = [pool.submit(pow, 2, i) for i in range(20)]
    print(sorted(f.result() for f in concurrent.futures.as_completed(fs)) == [2 ** i for i in range(20)])
    done, left = concurrent.futures.wait(fs)
    print(len(done), len(left))
    nested = pool.submit(lambda: pool.submit(sum, [1, 2]).result())
    print(nested.result())
    f = concurrent.futures.Future()
    print(f.cancel(), f.cancelled())
try: pool.submit(print)
except RuntimeError as e: print(e)
