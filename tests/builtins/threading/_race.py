"""Runs functions at once: they start together, and what one raises is raised here."""
import threading


def together(*functions, repeat=1):
    barrier = threading.Barrier(len(functions) * repeat)
    failures = []

    def run(fn):
        barrier.wait()
        try:
            fn()
        except BaseException as e:
            failures.append(e)

    threads = [threading.Thread(target=run, args=(f,)) for f in functions for _ in range(repeat)]
    for t in threads: t.start()
    for t in threads: t.join()
    for f in failures: raise f
