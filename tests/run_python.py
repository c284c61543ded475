#!/usr/bin/python3
"""Language tests: each .py file runs under CPython 3.11 and under replicant, in the interpreter and in native code; outputs must be equal.

    tests/run_python.py [--build DIR] [--tier interp,native,auto] [--filter TEXT] [--stress MODE] [-j N] [FILES or FOLDERS...]

What is compared: standard output and exit status; with a line `# compare: stderr` in the file also standard error. Where CPython has no answer
(our own modules), `# expect: TEXT` lines give the expected output, one line each. `# tiers: interp` limits the tiers, with a reason behind it.
CPython's answers are kept in the build folder, by content. The last line is `N passed, N failed`.
"""
import argparse, concurrent.futures, difflib, hashlib, os, pickle, re, resource, signal, subprocess, sys, tempfile

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
PYTHON = "/usr/bin/python3"
# What hangs is ended. Processor time decides where it can: a busy machine is no failure.
CPU_LIMIT, WALL_LIMIT = 100, 400


def collect(paths):
    files = []
    for p in paths:
        if os.path.isfile(p):
            files.append(p)
        for folder, dirs, names in os.walk(p):
            dirs[:] = sorted(d for d in dirs if not d.startswith((".", "_")) and d != "data")
            files += [os.path.join(folder, n) for n in sorted(names) if n.endswith(".py") and not n.startswith("_")]
    return files


def run(cmd, cwd):
    with subprocess.Popen(cmd, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd,
                          env={**os.environ, "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0", "PYTHONPATH": cwd}) as p:
        try:
            resource.prlimit(p.pid, resource.RLIMIT_CPU, (CPU_LIMIT, CPU_LIMIT + 5))
        except OSError:
            pass  # over already
        try:
            out, err = p.communicate(timeout=WALL_LIMIT)
        except subprocess.TimeoutExpired:
            p.kill()
            out, err = p.communicate()
            return "timeout", out.decode("utf-8", "replace"), err.decode("utf-8", "replace")
    return p.returncode, out.decode("utf-8", "backslashreplace"), err.decode("utf-8", "backslashreplace")


def truth(path, text, cache):
    expect = re.findall(r"^# expect: ?(.*)$", text, re.M)
    if expect:
        return 0, "\n".join(expect) + "\n", ""
    key = hashlib.sha1((path + "\0" + text).encode()).hexdigest()
    file = os.path.join(cache, key)
    try:
        with open(file, "rb") as f:
            return pickle.load(f)
    except OSError:
        pass
    result = run([PYTHON, os.path.basename(path)], os.path.dirname(path))
    os.makedirs(cache, exist_ok=True)
    with tempfile.NamedTemporaryFile(dir=cache, delete=False) as f:  # a name of its own: both tiers of one script may ask at once
        pickle.dump(result, f)
    os.replace(f.name, file)
    return result


def check(path, exe, tier, extra, cache):
    with open(path, encoding="utf-8", errors="surrogateescape") as f:
        text = f.read()
    only = re.search(r"^# tiers: (\S+)", text, re.M)
    if only and tier not in only.group(1).split(","):
        return None
    want = truth(path, text, cache)
    got = run([exe, "--tier=" + tier, *extra, os.path.basename(path)], os.path.dirname(path))
    parts = [("exit status", str(want[0]), str(got[0])), ("stdout", want[1], got[1])]
    if re.search(r"^# compare: stderr", text, re.M):
        parts.append(("stderr", want[2], got[2]))
    for what, w, g in parts:
        if w != g:
            diff = list(difflib.unified_diff(w.splitlines(), g.splitlines(), "cpython", "replicant", lineterm="", n=1))
            return "%s differs\n%s\n%s" % (what, "\n".join("    " + d for d in diff[:24]), "\n".join("    stderr: " + x for x in got[2].splitlines()[-6:]))
    return ""


def main():
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell starts in the background, and by all that this starts in turn
    ap = argparse.ArgumentParser()
    ap.add_argument("--build", default=os.path.join(ROOT, "build", "release"))
    ap.add_argument("--tier", default="interp,native")
    ap.add_argument("--filter", default="")
    ap.add_argument("--stress", default="")
    ap.add_argument("-j", type=int, default=2)
    ap.add_argument("-v", action="store_true")
    ap.add_argument("paths", nargs="*")
    o = ap.parse_args()
    files = collect([os.path.abspath(p) for p in o.paths] or [os.path.join(HERE, "lang"), os.path.join(HERE, "builtins"), os.path.join(HERE, "modules")])
    files = [f for f in files if o.filter in f]
    exe = os.path.join(os.path.abspath(o.build), "replicant")
    extra = ["--stress=" + o.stress] if o.stress else []
    jobs = [(f, t) for f in files for t in o.tier.split(",")]
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(o.j) as pool:
        results = pool.map(lambda j: check(j[0], exe, j[1], extra, os.path.join(os.path.abspath(o.build), "cpython-answers")), jobs)
        for (f, t), r in zip(jobs, results):
            if r is None:
                continue
            if r:
                failed += 1
                print("FAIL %s [%s]: %s" % (os.path.relpath(f, HERE), t, r), flush=True)
            else:
                passed += 1
                if o.v:
                    print("ok   %s [%s]" % (os.path.relpath(f, HERE), t))
    print("%d passed, %d failed" % (passed, failed))
    return failed != 0


sys.exit(main())
