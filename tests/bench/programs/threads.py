"""Runs work(share, n_shares, results) on n threads; the answer is the sum of results."""
import threading
from measure import Stopwatch, repetitions, thread_counts


def run(work, n):
    results = [0] * n
    crew = [threading.Thread(target=work, args=(k, n, results)) for k in range(n)]
    for t in crew:
        t.start()
    for t in crew:
        t.join()
    return sum(results)


def repeat(name, work):
    for rep in range(repetitions()):
        for n in thread_counts():
            with Stopwatch() as s:
                check = run(work, n)
            s.report("%s_%d" % (name, n), rep, check)
