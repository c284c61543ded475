"""Runs the tests of one module of CPython's test package, except those named in a file; one line per test as unittest prints it.

    _driver.py MODULE EXCLUDED_FILE
"""
import _thread, gc, sys, threading, unittest

from test.support import threading_helper

name, excluded = sys.argv[1], set(open(sys.argv[2]).read().split("\n"))
sys.argv[1:] = []


def flatten(suite):
    for t in suite:
        if isinstance(t, unittest.TestSuite):
            yield from flatten(t)
        else:
            yield t


class Result(unittest.TextTestResult):
    """Says which test is running before it runs, so that a crash has a name."""

    def startTest(self, test):
        super().startTest(test)
        self.stream.writeln("\n@start " + test.id())
        self.stream.flush()


def patient(cleanup):
    """threading_cleanup() expects that a thread's object dies with its last reference, and waits a second for one that its own loop variable holds, in
    all tests. Here it dies in a collection, so there is one before the question is asked; if that does not help, the answer stays what it is."""

    def collect_first(n_threads, dangling):
        for _ in range(3):
            if (_thread._count(), threading._dangling) == (n_threads, dangling):
                return
            gc.collect()
        if _thread._count() > n_threads:
            cleanup(n_threads, dangling)

    return collect_first


if sys.implementation.name != "cpython":
    threading_helper.threading_cleanup = patient(threading_helper.threading_cleanup)
module = __import__("test." + name, fromlist=["*"])
suite = unittest.TestSuite(t for t in flatten(unittest.defaultTestLoader.loadTestsFromModule(module)) if t.id() not in excluded)
r = unittest.TextTestRunner(sys.stderr, verbosity=0, resultclass=Result).run(suite)
bad = {t.id() if hasattr(t, "id") else str(t) for t, _ in r.failures + r.errors}
whole = {b.split(" ")[0] for b in bad}  # subtests carry their parameters
sys.stderr.flush()
print("@counts", r.testsRun, len(r.skipped), len(r.failures), len(r.errors), len(r.expectedFailures), len(whole), flush=True)
