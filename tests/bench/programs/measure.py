"""What the programs share: arguments and the line they print. RESULT name repetition wall-seconds cpu-seconds check"""
import sys
import time


def repetitions():
    return int(sys.argv[1]) if len(sys.argv) > 1 else 3


class Stopwatch:
    def __enter__(self):
        self.wall, self.cpu = time.perf_counter(), time.process_time()
        return self

    def __exit__(self, *what):
        self.cpu = time.process_time() - self.cpu
        self.wall = time.perf_counter() - self.wall

    def report(self, name, rep, check):
        print("RESULT", name, rep, "%.9f" % self.wall, "%.9f" % self.cpu, check, flush=True)


def repeat(name, work, *args):
    for rep in range(repetitions()):
        with Stopwatch() as s:
            check = work(*args)
        s.report(name, rep, check)


def thread_counts():
    return [int(sys.argv[2])] if len(sys.argv) > 2 else [1, 2]
