# An uncaught KeyboardInterrupt ends the program by SIGINT; threads that are not daemons are waited for.
# compare: stderr
import os, signal, threading, time


def worker():
    time.sleep(0.2)
    print("worker done", flush=True)


threading.Thread(target=worker).start()
threading.Thread(target=time.sleep, args=(1000,), daemon=True).start()
os.kill(os.getpid(), signal.SIGINT)
time.sleep(100)
