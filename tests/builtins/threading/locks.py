import _thread, time
lk = _thread.allocate_lock()
done = _thread.allocate_lock()
done.acquire()
res = []
ended = []
def f(n):
    for i in range(1000):
        with lk:
            res.append(i)
    with lk:
        ended.append(n)
        if len(ended) == 4: done.release()
for i in range(4): _thread.start_new_thread(f, (i,))
done.acquire()
print(len(res), sum(res))
print(lk.acquire(timeout=0.01), lk.acquire(False), lk.acquire(True, 0.02))
try: lk.acquire(False, 1)
except ValueError as e: print(e)
lk.release()
try: lk.release()
except RuntimeError as e: print(e)
r = _thread.RLock()
with r:
    with r: print(r._is_owned())
try: r.release()
except RuntimeError as e: print(e)
l = _thread._local()
l.x = 1
def g():
    print(hasattr(l, 'x')); l.x = 2; print(l.x); done.release()
_thread.start_new_thread(g, ())
done.acquire()
print(l.x, l.__dict__)
