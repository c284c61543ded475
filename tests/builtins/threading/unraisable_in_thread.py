# What start_new_thread's function raises reaches sys.unraisablehook, with its message and the function.
import _thread
import sys

seen, done = [], _thread.allocate_lock()
done.acquire()


def hook(u):
    seen.append((u.exc_type.__name__, str(u.exc_value), u.err_msg, u.object is task, u.exc_traceback is not None))
    done.release()


def task(x):
    raise ValueError(x)


sys.unraisablehook = hook
_thread.start_new_thread(task, ("text",))
done.acquire()
print(seen)


class Bad:
    def __del__(self):
        raise KeyError("in del")


def make():
    Bad()


make()
import gc

for _ in range(3):
    gc.collect()
done.acquire()
print(seen[1][:3])
