# compare: stderr
# A thread's report goes to sys.stderr; where there is none, to the one of the time when the thread was made; a file of the program's own works, too.
import io
import sys
import threading


def fails():
    [][1]


def fails_silently():
    sys.stderr = None
    fails()


real = sys.stderr
t = threading.Thread(target=fails_silently, name="silent")
t.start()
t.join()
print(sys.stderr)
sys.stderr = io.StringIO()
t = threading.Thread(target=fails, name="kept")
t.start()
t.join()
text, sys.stderr = sys.stderr.getvalue(), real
print(text.splitlines()[0], "|", text.splitlines()[-1])


def hook(args):
    print("hook", args.exc_type.__name__, args.exc_value, args.thread.name)


threading.excepthook = hook
t = threading.Thread(target=fails, name="hooked")
t.start()
t.join()


class Stops(threading.Thread):
    def run(self):
        raise SystemExit(3)


t = Stops()
t.start()
t.join()
print("end", threading.active_count())
