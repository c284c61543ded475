"""RIR of small functions against dumps/*.rir.   usage: dumps.py RP_LOWER [--write]"""
import glob, os, subprocess, sys

HERE = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dumps")
bad = n = 0
for path in sorted(glob.glob(os.path.join(HERE, "*.py"))):
    got = subprocess.run([sys.argv[1], "dump", path], capture_output=True, text=True, timeout=60)
    want = path[:-3] + ".rir"
    n += 1
    if "--write" in sys.argv:
        open(want, "w").write(got.stdout)
    elif got.returncode or got.stdout != open(want).read():
        bad += 1
        print(f"{os.path.basename(path)} differs:")
        import difflib
        sys.stdout.writelines(difflib.unified_diff(open(want).read().splitlines(True), got.stdout.splitlines(True), "expected", "here"))
        print(got.stderr)
print(f"{n - bad} passed, {bad} failed")
sys.exit(bad > 0)
