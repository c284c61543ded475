# Handlers run on the main thread, also while it waits; SIGINT is KeyboardInterrupt; interrupt_main.
import _thread, os, queue, signal, threading, time


def handler(number, frame):
    print("got", signal.Signals(number).name, threading.current_thread().name, frame.f_code.co_name)


print(signal.signal(signal.SIGUSR1, handler), signal.getsignal(signal.SIGUSR1) is handler)
print(signal.getsignal(signal.SIGINT) is signal.default_int_handler, signal.getsignal(signal.SIGTERM), signal.SIGINT, repr(signal.SIGINT))


def here():
    os.kill(os.getpid(), signal.SIGUSR1)
    signal.raise_signal(signal.SIGUSR1)


here()
signal.signal(signal.SIGUSR1, lambda number, frame: print("from a thread to", threading.current_thread().name))
t = threading.Thread(target=lambda: os.kill(os.getpid(), signal.SIGUSR1))
t.start()
t.join()
time.sleep(0)


def soon():
    t = threading.Timer(0.05, lambda: os.kill(os.getpid(), signal.SIGINT))
    t.daemon = True
    t.start()


r, w = os.pipe()
lock = threading.Lock()
lock.acquire()
for name, wait in (("sleep", lambda: time.sleep(60)), ("lock", lock.acquire), ("timed lock", lambda: lock.acquire(timeout=60)), ("event", threading.Event().wait),
                   ("queue", queue.Queue().get), ("simple queue", queue.SimpleQueue().get), ("read", lambda: os.read(r, 1)), ("loop", lambda: [0 for _ in iter(int, 1)])):
    try:
        soon()  # on a busy machine it may come before this returns
        wait()
    except KeyboardInterrupt as e:
        print(name, repr(e))


class Alarm(Exception):
    pass


def alarm(number, frame):
    raise Alarm("after %d" % number)


print(signal.signal(signal.SIGALRM, alarm), signal.setitimer(signal.ITIMER_REAL, 0.02))
try:
    time.sleep(60)
except Alarm as e:
    print("Alarm", e)
signal.signal(signal.SIGUSR1, signal.SIG_IGN)
os.kill(os.getpid(), signal.SIGUSR1)
print("ignored", signal.getsignal(signal.SIGUSR1))
for f in (lambda: signal.signal(0, alarm), lambda: signal.signal(signal.SIGKILL, alarm), lambda: signal.signal(signal.SIGUSR1, 5), lambda: signal.getsignal(1000),
          lambda: signal.signal("x", alarm), lambda: signal.pthread_kill(threading.get_ident(), 1000), lambda: signal.set_wakeup_fd(w)):
    try:
        print(f())
    except (ValueError, TypeError, OSError) as e:
        print(type(e).__name__, e)


def elsewhere():
    try:
        signal.signal(signal.SIGUSR1, handler)
    except ValueError as e:
        print(e)


t = threading.Thread(target=elsewhere)
t.start()
t.join()
try:
    _thread.interrupt_main()
    time.sleep(60)
except KeyboardInterrupt:
    print("interrupted")
os.set_blocking(w, False)
print(signal.set_wakeup_fd(w))
signal.signal(signal.SIGUSR2, lambda *a: print("usr2"))
signal.raise_signal(signal.SIGUSR2)
print(os.read(r, 10), signal.set_wakeup_fd(-1) == w)
old = signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGUSR2])
signal.raise_signal(signal.SIGUSR2)
print("blocked", signal.sigpending(), signal.SIGUSR2 in old)
signal.pthread_sigmask(signal.SIG_UNBLOCK, [signal.SIGUSR2])
print(signal.strsignal(signal.SIGTERM), signal.SIGRTMIN in signal.valid_signals(), 32 in signal.valid_signals())
