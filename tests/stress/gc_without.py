#!/usr/bin/python3
"""The collector with a part of its protocol left out each (the programs gc_without_N of tests/CMakeLists.txt; the parts are numbered in runtime/ablate.h): the
stress test unit_gc must notice, with one of a few seeds. A crash, a hang and a failed check all count as noticed.

    tests/stress/gc_without.py FOLDER_OF_THE_PROGRAMS [--seeds N] [PART...]

Last line: N passed, N failed."""
import glob, os, re, subprocess, sys

SECONDS = 60  # a run; unit_gc takes ten
SEEDS = 32


def noticed(exe, seed):
    """-> what the run with a part left out ended in, or None: nothing was wrong"""
    try:
        p = subprocess.run([exe, str(seed)], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=SECONDS)
    except subprocess.TimeoutExpired:
        return "hangs"
    last = p.stdout.decode("utf-8", "replace").strip().splitlines()
    return "status %d, %s" % (p.returncode, last[-1][:110] if last else "no output") if p.returncode else None


def main():
    folder, arguments, seeds = sys.argv[1], sys.argv[2:], SEEDS
    if arguments[:1] == ["--seeds"]:
        seeds, arguments = int(arguments[1]), arguments[2:]
    parts = sorted(int(re.search(r"(\d+)$", f).group(1)) for f in glob.glob(os.path.join(folder, "gc_without_*[0-9]")))
    parts = [p for p in parts if not arguments or str(p) in arguments]
    passed = failed = 0
    for part in parts:
        exe = os.path.join(folder, "gc_without_%d" % part)
        what = seed = None
        for seed in range(1, seeds + 1):
            what = noticed(exe, seed)
            if what:
                break
        print("without %-3d %s" % (part, "noticed with seed %d: %s" % (seed, what) if what else "NOT NOTICED with %d seeds" % seeds), flush=True)
        passed, failed = passed + bool(what), failed + (not what)
    print("%d passed, %d failed" % (passed, failed + (not parts)))
    return failed != 0 or not parts


if __name__ == "__main__":
    sys.exit(main())
