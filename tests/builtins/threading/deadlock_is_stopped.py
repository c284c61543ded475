# Two threads that wait for each other's locks, the main thread for both: Ctrl-C ends the program, with the threads still there.
import signal
import subprocess
import sys
import time

PROGRAM = """
import threading, sys
a, b = threading.Lock(), threading.RLock()
both = threading.Barrier(3)

def one():
    with a:
        both.wait()
        with b:
            print("never")

def two():
    with b:
        both.wait()
        with a:
            print("never")

crew = [threading.Thread(target=f, daemon=True) for f in (one, two)]
for t in crew:
    t.start()
both.wait()
print("waiting", flush=True)
try:
    %s
except KeyboardInterrupt:
    print("interrupted", [t.is_alive() for t in crew])
    sys.exit(7)
"""
WAYS = ["crew[0].join()", "a.acquire()", "b.acquire()", "threading.Event().wait()", "threading.Condition().__enter__() and threading.Condition(b).acquire()",
        "import queue; queue.Queue().get()", "import queue; queue.SimpleQueue().get()", "threading.Semaphore(0).acquire()", "import time; time.sleep(1000)"]
def sleeps(pid):
    """The main thread has been asleep for a while."""
    for _ in range(5):
        time.sleep(0.02)
        with open("/proc/%d/stat" % pid) as f:
            if f.read().rsplit(")", 1)[1].split()[0] != "S":
                return False
    return True


for way in WAYS:
    p = subprocess.Popen([sys.executable, "-c", PROGRAM % way], stdout=subprocess.PIPE, text=True)
    first = p.stdout.readline()
    while not sleeps(p.pid):
        pass
    p.send_signal(signal.SIGINT)
    print(way, first.strip(), p.stdout.read().strip(), p.wait())
    p.stdout.close()
