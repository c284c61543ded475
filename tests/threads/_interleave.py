# Prints who ran when: the same for the same seed.
import _thread, queue, threading, time

out, done = [], []
def spin(k):
    for i in range(60): out.append(k)
    done.append(k)
for k in "abc": _thread.start_new_thread(spin, (k,))
while len(done) < 3: pass
print("".join(out))
out.clear()
lock, q = threading.Lock(), queue.SimpleQueue()
def work(k):
    for i in range(10):
        with lock: out.append(k)
        q.put(k)
        if i % 4 == 0: time.sleep(0.001)
ts = [threading.Thread(target=work, args=(k,)) for k in "xyz"]
for t in ts: t.start()
got = [q.get() for i in range(30)]
for t in ts: t.join()
print("".join(out), "".join(got))
