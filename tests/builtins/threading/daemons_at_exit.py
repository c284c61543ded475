# The program ends although daemon threads compute, wait, hold locks and print; what is not a daemon is waited for.
import subprocess
import sys

PROGRAM = """
import atexit, threading, time, queue
gate = threading.Barrier(%d)
lock = threading.Lock()
lock.acquire()
atexit.register(print, "exit handler")

def spin():
    gate.wait()
    n = 0
    while True:
        n += 1

def block():
    gate.wait()
    lock.acquire()

def wait():
    gate.wait()
    queue.Queue().get()

def sleep():
    gate.wait()
    time.sleep(1000)

def allocate():
    gate.wait()
    while True:
        [[] for _ in range(100)]

def dies():
    gate.wait()
    try:
        while True:
            time.sleep(0.001)
    finally:
        while True:
            pass

for f in %s:
    threading.Thread(target=f, daemon=True).start()

told = threading.Event()
def patient():
    told.wait()  # two prints at once may mix
    time.sleep(0.05)
    print("patient is done")

threading.Thread(target=patient).start()
gate.wait()
print("main is done")
told.set()
"""
for names in ("spin", "block", "wait", "sleep", "allocate", "dies", "spin, block, wait, sleep, allocate, dies"):
    n = names.count(",") + 2
    p = subprocess.run([sys.executable, "-c", PROGRAM % (n, "[" + names + "]")], capture_output=True, text=True, timeout=100)
    print(names, "|", p.stdout.replace("\n", ", "), p.returncode)
