#!/usr/bin/python3
"""Runs test suites and adds up their counts; test.sh builds first and then calls this.

    tests/run_suites.py NAME... | --list

A suite is one command, or all ctest entries of a build folder whose name matches. Its count is its last line of the form "N passed, N failed"; a
program without such a line counts as one test, by its exit status; one that ends badly though its line says 0 failed counts as one failure more;
exit status 77 means skipped. Output goes to build/test-logs/SUITE.NAME.log and is shown when something failed. The last line printed is the sum.
"""
import json, os, re, signal, subprocess, sys, time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(HERE)
BUILD = os.path.join(ROOT, "build")
LOGS = os.path.join(BUILD, "test-logs")
PYTHON = "/usr/bin/python3"
COUNT = re.compile(r"^(\d+) passed, (\d+) failed$", re.M)
TAIL = 40  # lines of a failing program's output that are shown
SANITIZER = {
    "ASAN_OPTIONS": "detect_stack_use_after_return=0:allocator_may_return_null=1:detect_leaks=0",  # stacks are scanned for references
    "UBSAN_OPTIONS": "print_stacktrace=1",
    "TSAN_OPTIONS": "halt_on_error=0:second_deadlock_stack=1",
}


class Suite:
    """preset: build folder. ctest: pattern of ctest names. python: arguments of run_python.py. command: anything else. limit: seconds per program."""

    def __init__(self, preset, about, ctest=None, python=None, command=None, limit=600):
        self.preset, self.about, self.ctest, self.python, self.command, self.limit = preset, about, ctest, python, command, limit

    def commands(self):
        build = os.path.join(BUILD, self.preset)
        if self.ctest:
            return ctest_commands(build, self.ctest)
        if self.python:
            return [("python", [PYTHON, os.path.join(HERE, "run_python.py"), "--build", build, *self.python], {}, build)]
        return [(os.path.basename(self.command[0]), [w.replace("@build", build).replace("@tests", HERE) for w in self.command], {}, build)]


LANG = os.path.join(HERE, "lang")
# name -> what it is. Everything that CI runs is named in DEFAULT below.
SUITES = {
    "unit": Suite("release", "C tests of runtime structures, the lowering against CPython", ctest="unit_|lower_"),
    "front": Suite("release", "lexer and parser against CPython's own files, a bounded fuzz", ctest="front_"),
    "lang": Suite("release", "scripts against CPython, interpreted and compiled at first call", python=["--tier", "interp,native"], limit=1500),
    "engine": Suite("release", "engine, offscreen and in a window under Xvfb", ctest="engine_"),
    "embed": Suite("release", "replicant.h from C and C++", ctest="embed_|test_embed"),
    "model": Suite("release", "the collector's protocol, explored; every rule left out must break it", ctest="model_"),
    "ablate": Suite("release", "the collector's stress test notices every part of the protocol that is left out", command=["@tests/stress/gc_without.py", "@build/tests"],
                    limit=3000),
    "show": Suite("release", "content scripts offscreen: demos, faults, saving while it runs, bad input", ctest="show_"),
    "asan": Suite("asan", "unit and engine tests, address and undefined-behaviour sanitizers", ctest="unit_|embed_|test_embed|engine_(core|layer)|front_fuzz|lower_fuzz", limit=900),
    "asan-lang": Suite("asan", "scripts under the sanitizers, interpreted", python=["--tier", "interp"], limit=1500),
    "stress": Suite("release", "scripts with a collection at every 61st allocation and freed cells scribbled over",
                    python=["--tier", "interp", "--stress", "gc=61,scribble", LANG], limit=1500),
    "fuzz-rir": Suite("release", "random programs interpreted, compiled, with guards that fail, against CPython; bounded",
                      command=[PYTHON, "@tests/fuzz/fuzz_rir.py", "--build", "@build", "--runs", "40", "--seconds", "35"], limit=300),
    "tsan-threads": Suite("tsan", "scripts with threads under the thread sanitizer",
                          python=["--tier", "interp", os.path.join(HERE, "builtins", "threading")], limit=600),
    "stress-threads": Suite("release", "scripts with threads, one at a time in an order drawn from a seed",
                            python=["--tier", "interp", "--stress", "threads=7", os.path.join(HERE, "builtins", "threading")]),
    "alloc-fail": Suite("release", "one allocation fails, in turn at many places",
                        command=["@tests/stress/alloc_fail.py", "@build/replicant"]),
    # Beyond CI.
    "stress-native": Suite("release", "the same, compiled at first call", python=["--tier", "native", "--stress", "gc=61,scribble"], limit=7200),
    "stress-deopt": Suite("release", "guards fail at random", python=["--tier", "native", "--stress", "deopt"], limit=7200),
    "stress-all": Suite("release", "a collection at every allocation", python=["--tier", "interp", "--stress", "gc=1,scribble"], limit=14400),
    "asan-native": Suite("asan-native", "scripts under the sanitizers, compiled at first call", python=["--tier", "native"], limit=7200),
    "tsan": Suite("tsan", "threads of one context, two contexts, layers", ctest="unit_|engine_layer|test_embed", limit=1800),
    "tsan-lang": Suite("tsan", "scripts with threads under the thread sanitizer",
                       python=["--tier", "interp", os.path.join(HERE, "builtins", "threading"), os.path.join(HERE, "builtins", "weakref")], limit=3600),
    "fuzz": Suite("asan", "a longer fuzz of lexer and parser",
                  command=["@build/compiler/fuzz_front", "--runs=60000", "--seed=%d" % (int(time.time()) % 100000),
                           "/usr/lib/python3.11/test/test_grammar.py", "/usr/lib/python3.11/test/test_fstring.py",
                           "/usr/lib/python3.11/test/test_patma.py", "/usr/lib/python3.11/typing.py"], limit=7200),
    "fuzz-rir-long": Suite("release", "the same for two hours, from a seed that changes",
                           command=[PYTHON, "@tests/fuzz/fuzz_rir.py", "--build", "@build", "--runs", "1000000", "--seconds", "7200",
                                    "--seed", "%d" % (int(time.time()) % 1000000 * 1000)], limit=9000),
    "fuzz-calls": Suite("release", "everything written in C, called with things that it does not expect, from a seed that changes",
                        command=[PYTHON, "@tests/fuzz/fuzz_calls.py", "--build", "@build", "--seconds", "600", "--seed", "%d" % (int(time.time()) % 1000000 * 1000)], limit=1800),
    "conformance": Suite("release", "CPython's own test files: crashes count", command=["@tests/conformance/run", "--build", "@build"], limit=14400),
    "interp": Suite("interp", "scripts in a build without LLVM", python=["--tier", "interp"], limit=1500),
    "headless": Suite("headless", "engine tests in a build without SDL, OpenGL, PortAudio", ctest="engine_|unit_"),
}


def ctest_commands(build, pattern):
    out = subprocess.run(["ctest", "--test-dir", build, "--show-only=json-v1"], capture_output=True, text=True).stdout
    try:
        tests = json.loads(out[out.index("{"):])["tests"]
    except ValueError:
        return []
    commands = []
    for t in tests:
        if "command" not in t or not re.match("(%s)" % pattern, t["name"]):
            continue
        p = {x["name"]: x["value"] for x in t.get("properties", [])}
        env = dict(x.split("=", 1) for x in p.get("ENVIRONMENT", []))
        commands.append((t["name"], t["command"], env, p.get("WORKING_DIRECTORY", build)))
    return commands


def run(suite, name, command, env, cwd, limit):
    """-> passed, failed, skipped"""
    log = os.path.join(LOGS, "%s.%s.log" % (suite, name))
    start = time.monotonic()
    with open(log, "w+b") as f:
        try:
            p = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=f, stderr=subprocess.STDOUT, cwd=cwd,
                                 env={**os.environ, **SANITIZER, **env}, start_new_session=True)
            try:
                status = p.wait(limit)
            except subprocess.TimeoutExpired:
                os.killpg(p.pid, signal.SIGKILL)
                p.wait()
                status = "stopped after %d s" % limit
        except OSError as e:
            status = str(e)
        f.seek(0)
        text = f.read().decode("utf-8", "replace")
    counts = COUNT.findall(text)
    passed, failed = map(int, counts[-1]) if counts else (0, 0)
    skipped = status == 77 and not failed
    if skipped:
        passed = 0
    elif not counts and status == 0:
        passed = 1
    elif not failed and status != 0:
        failed = 1
    took = time.monotonic() - start
    print("%-10s %-18s %s%s  (%.0f s)" % (suite, name, "skipped" if skipped else "%d passed, %d failed" % (passed, failed),
                                         "" if status in (0, 1, 77) else "  [%s]" % status_text(status), took), flush=True)
    if failed or skipped:
        for line in text.rstrip().splitlines()[-TAIL:]:
            print("    " + line[:300])
        print("    all of it: " + os.path.relpath(log, ROOT), flush=True)
    return passed, failed, skipped


def status_text(status):
    if isinstance(status, int):
        return signal.Signals(-status).name if status < 0 else "exit status %d" % status
    return status


def main():
    if sys.argv[1:] == ["--list"]:
        for name, s in SUITES.items():
            print("    %-14s build/%-12s %s" % (name, s.preset, s.about))
        return 0
    if sys.argv[1:2] == ["--presets"]:  # for test.sh: the builds that these suites need
        print(" ".join(dict.fromkeys(SUITES[n].preset for n in sys.argv[2:])))
        return 0
    signal.signal(signal.SIGINT, signal.default_int_handler)  # ignored in what a shell starts in the background, and by all that this starts in turn
    os.makedirs(LOGS, exist_ok=True)
    passed = failed = skipped = 0
    for name in sys.argv[1:]:
        if name.startswith("build:"):  # a build that failed
            print("%-10s FAILED" % name)
            failed += 1
            continue
        suite = SUITES[name]
        commands = suite.commands()
        if not commands:
            print("%-10s nothing to run in build/%s: 0 passed, 1 failed" % (name, suite.preset))
            failed += 1
        for what, command, env, cwd in commands:
            p, f, s = run(name, what, command, env, cwd, suite.limit)
            passed, failed, skipped = passed + p, failed + f, skipped + s
    if skipped:
        print("%d programs skipped" % skipped)
    print("%d passed, %d failed" % (passed, failed), flush=True)
    return failed != 0


if __name__ == "__main__":
    sys.exit(main())
