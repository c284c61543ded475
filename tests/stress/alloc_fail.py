#!/usr/bin/python3
"""Fails one allocation: the Nth of a run, for many N. Every place that allocates must raise MemoryError or do without; none may crash or hang.

    tests/stress/alloc_fail.py REPLICANT [--runs N] [SCRIPT...]

A run counts as passed when it ends by itself with status 0 (the error was caught, or fell on something that can do without), 1 (a traceback) or 2.
The steps between the Ns grow, so that start-up and the whole length of a script are both met. Last line: N passed, N failed.
"""
import os, subprocess, sys

HERE = os.path.dirname(os.path.abspath(__file__))
TESTS = os.path.dirname(HERE)
SCRIPTS = ["lang/class", "lang/generator", "lang/exception", "lang/comprehension", "builtins/dict", "builtins/str", "builtins/set", "builtins/int"]
TRIES = 90


def scripts():
    for folder in SCRIPTS:
        path = os.path.join(TESTS, folder)
        for f in sorted(os.listdir(path))[:2]:
            if f.endswith(".py"):
                yield os.path.join(path, f)


def numbers():
    n = 1.0
    while True:
        yield int(n)
        n = max(n + 1, n * 1.13)


def run(exe, script, n):
    """-> exit status ("hangs" after a minute), output"""
    try:
        p = subprocess.run([exe, "--stress=alloc-fail=%d" % n, script], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
    except subprocess.TimeoutExpired as e:
        return "hangs", e.stdout or b""
    return p.returncode, p.stdout


def main():
    exe, arguments, tries = sys.argv[1], sys.argv[2:], TRIES
    if arguments[:1] == ["--runs"]:
        tries, arguments = int(arguments[1]), arguments[2:]
    passed = failed = raised = 0
    for script in arguments or scripts():
        for n, _ in zip(numbers(), range(tries)):
            status, out = run(exe, script, n)
            raised += b"MemoryError" in out
            if status in (0, 1, 2):
                passed += 1
                continue
            failed += 1
            print("%s with allocation %d failing: %s" % (os.path.relpath(script, TESTS), n, status))
            print("    " + b"\n    ".join(out.splitlines()[-3:]).decode("utf-8", "replace"))
    if not raised:  # the mode does nothing: that is no success
        print("No run saw a MemoryError.")
        failed += 1
    print("%d runs ended in MemoryError" % raised)
    print("%d passed, %d failed" % (passed, failed))
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
