import threading, time
res = []
lock = threading.Lock()
def work(n):
    s = 0
    for i in range(n): s += i
    with lock: res.append(s)
ts = [threading.Thread(target=work, args=(100000,)) for i in range(4)]
for t in ts: t.start()
for t in ts: t.join()
print(res)
ev = threading.Event()
def w():
    ev.wait(); print("woken")
t = threading.Thread(target=w, name="W"); t.start(); ev.set(); t.join()
print(t.is_alive(), threading.active_count(), threading.current_thread().name)
c = threading.Condition(); q = []
def prod():
    for i in range(5):
        with c: q.append(i); c.notify()
t = threading.Thread(target=prod); t.start()
got = []
while len(got) < 5:
    with c:
        while not q: c.wait(1)
        got.append(q.pop(0))
print(got)
b = threading.Barrier(3)
def bb(): b.wait()
ts = [threading.Thread(target=bb) for _ in range(2)]
[t.start() for t in ts]; b.wait(); [t.join() for t in ts]
print("barrier")
s = threading.Semaphore(2)
with s: print("sem")
tm = threading.Timer(0.01, lambda: print("timer")); tm.start(); tm.join()
loc = threading.local()
class L(threading.local):
    def __init__(self, v): self.v = v
l = L(7)
def ll(): print(l.v); l.v = 8
t = threading.Thread(target=ll); t.start(); t.join(); print(l.v)
d = threading.Thread(target=lambda: time.sleep(100), daemon=True); d.start()
print("end")
