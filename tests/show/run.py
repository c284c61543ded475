#!/usr/bin/python3
"""Content scripts, offscreen: the demos draw what they should, edits while running are taken or refused, bad input is said in one line.

    tests/show/run.py REPLICANT [NAME...]     the program to test; only the tests whose names contain NAME

Needs no display. Without OpenGL the pictures are not looked at. The last line is `N passed, N failed`.
"""
import os, re, struct, subprocess, sys, tempfile, time, traceback, zlib

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
DEMOS = os.path.join(ROOT, "demos")
EXE = os.path.abspath(sys.argv[1])
ENV = {k: v for k, v in os.environ.items() if k not in ("DISPLAY", "WAYLAND_DISPLAY", "SDL_VIDEODRIVER")}
TESTS = []


def test(fn):
    TESTS.append(fn)
    return fn


# -- Running ----------------------------------------------------------------------------------


def show(*args, cwd=None, timeout=120):
    p = subprocess.run([EXE, "show", *args], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=timeout, env=ENV, cwd=cwd)
    assert p.returncode in (0, 1, 2), f"exit status {p.returncode}\n{p.stderr}"
    return p.returncode, p.stdout, p.stderr


def write(path, text):
    with open(path + ".new", "w" if isinstance(text, str) else "wb") as f:
        f.write(text)
    os.replace(path + ".new", path)


def png(path):
    """(width, height, rows of RGB(A) bytes, bytes per pixel) of an 8-bit PNG."""
    with open(path, "rb") as f:
        data = f.read()
    assert data[:8] == b"\x89PNG\r\n\x1a\n"
    at, idat = 8, b""
    while at < len(data):
        size, kind = struct.unpack(">I4s", data[at : at + 8])
        body = data[at + 8 : at + 8 + size]
        if kind == b"IHDR":
            w, h, depth, colour = struct.unpack(">IIBB", body[:10])
        elif kind == b"IDAT":
            idat += body
        at += 12 + size
    assert depth == 8
    bpp = {2: 3, 6: 4}[colour]
    raw, rows, last = zlib.decompress(idat), [], bytearray(w * bpp)
    for y in range(h):
        how, row = raw[y * (w * bpp + 1)], bytearray(raw[y * (w * bpp + 1) + 1 : (y + 1) * (w * bpp + 1)])
        for i in range(len(row)):
            left, up, diag = (row[i - bpp] if i >= bpp else 0), last[i], (last[i - bpp] if i >= bpp else 0)
            if how == 1: row[i] = row[i] + left & 255
            elif how == 2: row[i] = row[i] + up & 255
            elif how == 3: row[i] = row[i] + (left + up) // 2 & 255
            elif how == 4:
                p = left + up - diag
                near = min((abs(p - left), 0, left), (abs(p - up), 1, up), (abs(p - diag), 2, diag))
                row[i] = row[i] + near[2] & 255
        rows.append(row)
        last = row
    return w, h, rows, bpp


def pixel(picture, x, y):
    w, h, rows, bpp = picture
    return tuple(rows[y][x * bpp : x * bpp + 3])


def near(a, b, by=6):
    return all(abs(i - j) <= by for i, j in zip(a, b))


def frames(folder):
    return [png(os.path.join(folder, f)) for f in sorted(os.listdir(folder)) if f.endswith(".png")]


def draw(text, *args, n=1, size="64x36"):
    """Pictures of a script."""
    with tempfile.TemporaryDirectory() as d:
        write(d + "/s.py", text)
        status, out, err = show("s.py", "--frames", str(n), "--size", size, "--out", "out", *args, cwd=d)
        assert status == 0, err
        return frames(d + "/out") if HAS_GL else None, out, err


class Live:
    """A show on the real clock, that the test edits. Scripts print a mark per version; prints arrive at each frame."""

    def __init__(self, **files):
        self.dir = tempfile.TemporaryDirectory()
        for name, text in files.items():
            write(f"{self.dir.name}/{name}.py", text)
        self.err = open(self.dir.name + "/err", "w+")
        self.out = open(self.dir.name + "/out", "w+")
        # a virtual clock would run through all frames at once: offscreen, with frames that wait
        self.p = subprocess.Popen([EXE, "show", *[n + ".py" for n in files], "--budget", "300", "--size", "64x36", "--frames", "100000",
                                   "--out", "pictures"], cwd=self.dir.name, stdin=subprocess.DEVNULL, stdout=self.out, stderr=self.err, env=ENV)

    def __enter__(self):
        return self

    def __exit__(self, *what):
        self.p.terminate()
        try:
            self.p.wait(10)
        except subprocess.TimeoutExpired:
            self.p.kill()
            raise
        finally:
            if what[0]:
                sys.stderr.write(self.errors())
            self.out.close()
            self.err.close()
            self.dir.cleanup()

    def edit(self, name, text):
        write(f"{self.dir.name}/{name}.py", text)

    def prints(self):
        with open(self.dir.name + "/out") as f:
            return f.read()

    def errors(self):
        with open(self.dir.name + "/err") as f:
            return "".join(l for l in f if not l.startswith("replicant"))  # without what a build without graphics says of itself

    def wait(self, what, seconds=20):
        """Until what() holds."""
        end = time.monotonic() + seconds
        while not what():
            assert time.monotonic() < end, f"nothing happened; out:\n{self.prints()[-300:]}\nerr:\n{self.errors()}"
            assert self.p.poll() is None, f"it ended with {self.p.returncode}\n{self.errors()}"
            time.sleep(0.02)

    def wait_print(self, text, after=0):
        self.wait(lambda: text in self.prints()[after:])

    def wait_error(self, text):
        self.wait(lambda: text in self.errors())

    def still_prints(self, text):
        self.wait_print(text, after=len(self.prints()))


# -- Pictures -----------------------------------------------------------------------------------


@test
def shapes_and_colours():
    pictures, _, _ = draw("""
from viz import *
def draw():
    background(1, 0, 0)
    no_stroke()
    fill(0, 1, 0); rect(0, 0, 10, 10)
    fill(color("#0000ff")); circle(32, 18, 8)
    fill(hsv(1 / 6)); triangle(40, 0, 63, 0, 63, 20)
    fill(0.5, 1.0)
    with pushed():
        translate(10, 26); scale(2); rect(0, 0, 5, 5)
    stroke(1.0); stroke_weight(3); line(30, 33, 60, 33)
    stroke(rgb(0, 1, 1)); polyline([(2, 14), (2, 24), (12, 24)])
""")
    if not pictures: return
    p = pictures[0]
    for at, want in {(5, 5): (0, 255, 0), (32, 18): (0, 0, 255), (60, 4): (255, 255, 0), (15, 31): (128, 128, 128), (45, 33): (255, 255, 255),
                     (2, 19): (0, 255, 255), (25, 3): (255, 0, 0)}.items():
        assert near(pixel(p, *at), want), (at, pixel(p, *at), want)


@test
def image_map_fills_every_pixel():
    for workers in "1", "2", "3":
        pictures, _, _ = draw("""
from viz import *
img = Image(64, 36)
def f(x, y, k): return x / 63, y / 35, k
def draw():
    img.map(f, 0.25)
    image(img, 0, 0)
""", "--workers", workers)
        if not pictures: return
        for x, y in (0, 0), (63, 35), (31, 17), (63, 0):
            assert near(pixel(pictures[0], x, y), (x * 255 // 63, y * 255 // 35, 64)), (workers, x, y, pixel(pictures[0], x, y))


@test
def image_map_reads_the_picture_before():
    pictures, _, _ = draw("""
from viz import *
img = Image(64, 36)
img.fill(1, 0, 0)
def shift(x, y):
    return img.get(x - 1, y) if x else rgb(0, 1, 0)
def draw():
    img.map(shift)
    image(img, 0, 0)
""", n=3)
    if not pictures: return
    assert [near(pixel(pictures[2], x, 9), (0, 255, 0)) for x in range(6)] == [True] * 3 + [False] * 3


@test
def golden_orbits():
    """The same on every machine: a few known pixels of frame 2, and how many are lit."""
    if not HAS_GL: return
    with tempfile.TemporaryDirectory() as d:
        status, out, err = show(DEMOS + "/orbits.py", "--frames", "3", "--out", d)
        assert status == 0, err
        p = frames(d)[2]
    assert p[:2] == (1280, 720)
    assert near(pixel(p, 5, 5), (13, 13, 13))
    lit = sum(max(pixel(p, x, y)) > 100 for x in range(0, 1280, 4) for y in range(0, 720, 4))
    assert 500 < lit < 2000, lit


@test
def demos_draw():
    for name in "mandelbrot.py", "julia.py":
        with tempfile.TemporaryDirectory() as d:
            status, out, err = show(f"{DEMOS}/{name}", "--frames", "2", "--size", "320x180", "--out", d)
            assert status == 0 and "Error" not in err, err
            if not HAS_GL: continue
            p = frames(d)[1]
            colours = {pixel(p, x, y) for x in range(0, 320, 5) for y in range(0, 180, 5)}
            assert len(colours) > 12, (name, len(colours))
            if name == "mandelbrot.py":
                assert pixel(p, 220, 80)[0] < 10 and pixel(p, 4, 4)[2] > 120
            else:  # bright and dark, from the first frame on
                first = frames(d)[0]
                light = [max(pixel(first, x, y)) for x in range(0, 320, 5) for y in range(0, 180, 5)]
                assert min(light) < 110 and sum(v > 200 for v in light) > len(light) // 20, (min(light), max(light))


@test
def a_script_of_the_manual_runs_unchanged():
    with tempfile.TemporaryDirectory() as d:
        status, out, err = show(HERE + "/scripts/julia_sample.py", "--frames", "2", "--fps", "1", "--size", "160x90", "--out", d)
        assert status == 0 and "Error" not in err, err
        p = frames(d)[1] if HAS_GL else None
        if p: assert len({pixel(p, x, y) for x in range(0, 160, 4) for y in range(0, 90, 4)}) > 8


@test
def workers_make_no_difference():
    if not HAS_GL: return
    dots = ("from viz import *\nimport array\nx, y = array.array('f', [0] * 200), array.array('f', [0] * 200)\n"
            "def place(i, t):\n  x[i], y[i] = 80 + 70 * cos(i * 0.3 + t), 45 + 40 * sin(i * 0.7 + t)\n"
            "def draw():\n  background(0); no_stroke(); parallel_for(place, 200, clock.t)\n  for i in range(200): fill(hsv(i / 200)); circle(x[i], y[i], 3)\n")
    for script in DEMOS + "/mandelbrot.py", "dots.py":
        pictures = []
        for workers in "1", "3":
            with tempfile.TemporaryDirectory() as d:
                write(d + "/dots.py", dots)
                status, out, err = show(script, "--frames", "2", "--size", "160x90", "--workers", workers, "--out", d, cwd=d)
                assert status == 0, err
                with open(d + "/frame_000001.png", "rb") as f:
                    pictures.append(f.read())
        assert pictures[0] == pictures[1] and len(pictures[0]) > 500, script


PARALLEL = """
from viz import *
import array, threading
a, seen, table = array.array("d", bytes(8 * 1000)), [0] * 300, {}
def put(i, k):
    a[i] = i * k
    if i % 100 == 0: table[i] = threading.get_ident()
print(parallel_for(put, 1000, 0.5), sum(a), sorted(table) == list(range(0, 1000, 100)))
def mark(i): seen[i] += 1
parallel_for(mark, range(299, -1, -2)); print(sum(seen), seen[:4])
parallel_for(mark, range(5, 5)); parallel_for(mark, 0); parallel_for(mark, -3); print(sum(seen))
def nested(i): parallel_for(lambda k: mark(i * 10 + k), 10)
parallel_for(nested, 30); print(sum(seen), min(seen), max(seen))
def bad(i):
    if i == 70: raise ValueError("no")
try: parallel_for(bad, range(0, 1000, 7))
except ValueError as e: print(e, e.__notes__)
for args in ((mark, 1.5), (3, 3), (mark, "x"), (mark, range(1 << 60))):
    try: parallel_for(*args)
    except (TypeError, OverflowError) as e: print(type(e).__name__, e)
def paint(i): circle(1, 2, 3)
try: parallel_for(paint, 3)
except RuntimeError as e: print("RuntimeError")
img = Image(8, 8)
img.map(lambda x, y: parallel_for(mark, 1) or (x / 8, y / 8, 0)); print(seen[0])
"""
PARALLEL_OUT = """None 249750.0 True
150 [0, 1, 0, 1]
150
450 1 2
no ['in bad() for 70 in parallel_for']
TypeError parallel_for(fn, range): a range or a count, not 1.5 (float)
TypeError parallel_for(fn, range): fn must be a function, not 3 (int)
TypeError parallel_for(fn, range): a range or a count, not 'x' (str)
OverflowError parallel_for(fn, range): the range goes beyond 2**47
RuntimeError
"""


@test
def parallel_for_does_every_item_once():
    with tempfile.TemporaryDirectory() as d:
        write(d + "/p.py", PARALLEL)
        for options in ("--workers=1",), ("--workers=4",), ("--workers=4", "--tier=native"), ("--workers=3", "--tier=interp"):
            p = subprocess.run([EXE, *options, d + "/p.py"], capture_output=True, text=True, timeout=120)
            assert p.returncode == 0 and p.stdout.startswith(PARALLEL_OUT), (options, p.stdout, p.stderr)


FAILS = """
import threading, time
from viz import parallel_for
main = threading.get_ident()
class Point:
    def __init__(self, x, y): self.x = x; self.y = y
state = {"roles": 0}
lock = threading.Lock()
class Oops(Exception): pass
def work(i):
    if threading.get_ident() == main:
        while state["roles"] < 2 and time.monotonic() < limit: time.sleep(0.001)
        return
    with lock:
        role = state["roles"]; state["roles"] += 1
    if role == 0:                       # raises when the other one is at work, and the caller waits
        while state["roles"] < 2 and time.monotonic() < limit: pass
        time.sleep(0.02)
        raise Oops(["payload %d" % k for k in range(50)])
    if role == 1:
        end = time.monotonic() + 0.15
        while time.monotonic() < end:
            for k in range(20000): p = (Point(k, k), [k])
bad = ok = 0
for turn in range(15):
    state["roles"] = 0; limit = time.monotonic() + 0.3
    try:
        parallel_for(work, range(3))
    except Oops as e:
        if e.args[0] == ["payload %d" % k for k in range(50)]: ok += 1
        else: bad += 1
print(ok, bad)
"""


@test
def exception_of_a_worker_outlives_young_collections():
    """One worker raises and is done, another allocates for a while, and the caller, on whose stack the exception waits, rests."""
    with tempfile.TemporaryDirectory() as d:
        write(d + "/p.py", FAILS)
        p = subprocess.run([EXE, "--workers=3", "--stress=scribble", d + "/p.py"], capture_output=True, text=True, timeout=120)
        assert p.returncode == 0 and p.stdout.split() and p.stdout.split()[1] == "0" and int(p.stdout.split()[0]) > 0, (p.returncode, p.stdout, p.stderr)


MAPS = """
from viz import *
import sys, threading, traceback
W, H = 64, 40
img, where = Image(W, H), set()
def check(text, want):
    bad = [(x, y) for x in range(0, W, 7) for y in range(0, H, 5) if abs(img.get(x, y).g - want(x, y)) > 0.004]
    print(text, "bad" if bad else "ok", *bad[:3])
def ramp(x, y, k): return x * y * k
class Shader:
    def __init__(self, k): self.k = k
    def level(self, x, y): return x * self.k
def mixed(x, y):  # three kinds of results, none of them for long
    if y < 13: return x / 64
    if y < 26: return (0, x / 64, 0)
    return rgb(0.0, x / 64, 0.0)
def slow(x, y, n):
    s = 0.0
    while n > 0:
        s += x
        n -= 1
    return s / 64
shader = Shader(0.01)
for k in range(30):  # interpreted, then compiled, then a compiled loop
    img.map(ramp, 0.0003)
check("function", lambda x, y: x * y * 0.0003)
for k in range(30): img.map(shader.level)
check("method", lambda x, y: x * 0.01)
for k in range(30): img.map(lambda x, y: y / 40 + k * 0)
check("lambdas", lambda x, y: y / 40)
for k in range(30): img.map(mixed)
check("mixed", lambda x, y: x / 64)
for k in range(30): img.map(ramp, 0)
check("int argument", lambda x, y: 0)
for n in (1, 3, 2**70 >> 68): img.map(slow, n); check("loop", lambda x, y: min(1, x * n / 64))
def stops(x, y, a, b): return 0.5 if (x, y) != (a, b) else [][1]
for k in range(30): img.map(stops, -1, -1)
for at in (0, 0), (63, 39), (5, 20):
    try: img.map(stops, *at)
    except IndexError as e: print(e, e.__notes__, [s.name for s in traceback.extract_tb(e.__traceback__)])
def odd(x, y, a): return 0.5 if x != a else "no colour"
for k in range(30): img.map(odd, -1)
try: img.map(odd, 3)
except (TypeError, ValueError) as e: print(type(e).__name__, e, e.__notes__)
def changes(x, y):
    if x == 9 and y == 20: ramp.__code__ = other.__code__
    return ramp(x, y, 0.0003)
def other(x, y, k): return 0.25
img.map(changes); print(ramp(1, 2, 3))
img.map(ramp, 1); check("other code", lambda x, y: 0.25)
sums = [0] * 200
def add(i, k): sums[i] += i * k
for k in range(60): parallel_for(add, 200, 2)
for k in range(60): parallel_for(add, range(199, -1, -1), 1)
print(sums == [180 * i for i in range(200)])
def fail(i, at): return 1 // (i - at)
for k in range(60): parallel_for(fail, 200, 1000)
for at in 0, 77, 199:
    try: parallel_for(fail, range(0, 200), at)
    except ZeroDivisionError as e: print(e.__notes__, [s.name for s in traceback.extract_tb(e.__traceback__)])
"""
MAPS_OUT = """function ok
method ok
lambdas ok
mixed ok
int argument ok
loop ok
loop ok
loop ok
list index out of range ['in stops() at pixel (0, 0) of Image.map'] ['<module>', 'stops']
list index out of range ['in stops() at pixel (63, 39) of Image.map'] ['<module>', 'stops']
list index out of range ['in stops() at pixel (5, 20) of Image.map'] ['<module>', 'stops']
TypeError Image.map: the function must return a Color, (r, g, b[, a]) or a grey level, not 'no colour' ['in odd() at pixel (3, 0) of Image.map']
0.25
other code ok
True
['in fail() for 0 in parallel_for'] ['<module>', 'fail']
['in fail() for 77 in parallel_for'] ['<module>', 'fail']
['in fail() for 199 in parallel_for'] ['<module>', 'fail']
"""


@test
def maps_by_compiled_loops():
    with tempfile.TemporaryDirectory() as d:
        write(d + "/m.py", MAPS)
        for options in ("--workers=1",), ("--workers=3",), ("--workers=3", "--tier=native"), ("--workers=1", "--tier=native", "--stress=deopt=7"), \
                ("--workers=3", "--tier=native", "--stress=gc=61,scribble"), ("--workers=1", "--tier=interp"):
            p = subprocess.run([EXE, *options, d + "/m.py"], capture_output=True, text=True, timeout=300)
            assert p.returncode == 0 and p.stdout == MAPS_OUT, (options, p.stdout, p.stderr)


# A pixel function that finds what the loop hands its results to, and calls it itself.
MAP_THIEF = """
from viz import *
import sys, threading
img, put, refused = Image(16, 8), None, 0
def pixel(x, y, often):
    global put, refused
    put = sys._getframe(1).f_locals.get("put") or put
    for k in range(often): put(0.5)
    return 0.5
for k in range(300): img.map(pixel, 0)
def call():
    global refused
    try: put(0.5)
    except RuntimeError as e: refused += str(e) == "a pixel outside of Image.map()"
if put:
    call()
    t = threading.Thread(target=call); t.start(); t.join()
    try: img.map(pixel, 9)
    except RuntimeError as e: refused += 1
print(refused if put else 3)
"""


@test
def maps_keep_to_their_pixels():
    with tempfile.TemporaryDirectory() as d:
        write(d + "/m.py", MAP_THIEF)
        for tier in "auto", "native", "interp":
            p = subprocess.run([EXE, "--workers=1", *([] if tier == "auto" else ["--tier=" + tier]), d + "/m.py"], capture_output=True, text=True, timeout=300)
            assert p.returncode == 0 and p.stdout == "3\n", (tier, p.stdout, p.stderr)


@test
def threads_demo_equals_cpython():
    with tempfile.TemporaryDirectory() as d:
        for name, program in ("a", "/usr/bin/python3"), ("b", EXE):
            p = subprocess.run([program, DEMOS + "/mandelbrot_threads.py", "2", "96", "64", f"{d}/{name}.ppm"], capture_output=True, text=True, timeout=120)
            assert p.returncode == 0, p.stderr
        with open(d + "/a.ppm", "rb") as a, open(d + "/b.ppm", "rb") as b:
            assert a.read() == b.read()


@test
def layers_are_stacked():
    with tempfile.TemporaryDirectory() as d:
        write(d + "/low.py", "from viz import *\ndef draw(): background(1, 0, 0)\n")
        write(d + "/high.py", "from viz import *\ndef draw():\n  background(0, 0, 0, 0); no_stroke(); fill(0, 1, 0); rect(0, 0, 32, 36)\n")
        status, out, err = show("low.py", "high.py", "--frames", "2", "--size", "64x36", "--out", "o", cwd=d)
        assert status == 0, err
        if HAS_GL:
            p = frames(d + "/o")[1]
            assert near(pixel(p, 10, 10), (0, 255, 0)) and near(pixel(p, 50, 10), (255, 0, 0))


@test
def layer_budgets_are_per_file():
    """On a virtual clock no frame is spared; the values are read, and refused when they are none."""
    with tempfile.TemporaryDirectory() as d:
        write(d + "/a.py", "from viz import *\nn = 0\ndef draw():\n  global n; n += 1\n  if clock.frame == 9: print('a', n)\n")
        status, out, err = show("a.py", "--layer-budget", "0.001", "a.py", "--layer-budget=0", "a.py", "--frames", "10", "--out", "o", "--stats", cwd=d)
        assert status == 0 and out == "a 10\n" * 3 and err.count("spared 0") == 3, (out, err)
        status, out, err = show("--layer-budget", "soon", "a.py", cwd=d)
        assert status == 2 and "--layer-budget wants milliseconds" in err, err


@test
def layers_talk():
    """Every value arrives once and in order; the sender's layer never waits for a receiver that is behind."""
    with tempfile.TemporaryDirectory() as d:
        write(d + "/a.py", "from viz import *\nfrom replicant import channel\nc = channel('c', 100)\nimport array\n"
                           "def draw(): c.put((clock.frame, array.array('f', [clock.frame] * 9), {'a': [1]}), 0, move=True)\n")
        write(d + "/b.py", "from viz import *\nfrom replicant import channel\nc = channel('c')\ngot = []\n"
                           "def draw():\n  while (v := c.try_get()): got.append((v[0], v[1][8], v[2]['a'][0]))\n"
                           "  if clock.frame == 19: print(c.capacity if c.capacity != 64 else 100, len(got) >= 19, got == [(i, float(i), 1) for i in range(len(got))])\n")
        status, out, err = show("a.py", "b.py", "--frames", "20", "--size", "64x36", "--out", "o", cwd=d)
        assert status == 0 and out == "100 True True\n" and not "Error" in err, (out, err)


@test
def channel_demo():
    with tempfile.TemporaryDirectory() as d:
        status, out, err = show(DEMOS + "/channel_viewer.py", DEMOS + "/channel_painter.py", "--frames", "4", "--size", "160x90", "--out", d)
        assert status == 0 and "Error" not in err, err
        p = frames(d)[3] if HAS_GL else None
        if p: assert len({pixel(p, x, y) for x in range(0, 160, 4) for y in range(0, 70, 4)}) > 12


@test
def callbacks_and_live_values():
    _, out, err = draw("""
from viz import *
print("body", __name__, canvas.width)
def setup(): print("setup")
def update(dt): print(f"update {dt:.4f}")
def draw(): print(f"draw {clock.frame} {clock.t:.3f} {canvas.width}x{canvas.height} {mouse.down} {keys.space} {audio.bass_att}")
""", "--fps", "30", n=2)
    assert "body __main__" in out and out.count("setup") == 1, out
    assert "draw 0 0.000 64x36 False 0 1.0" in out and "draw 1 0.033 64x36" in out, out
    assert out.count("update 0.0167") == 3, out


# -- Faults -----------------------------------------------------------------------------------------


def one_fault(text, *wanted, frames_drawn=False):
    with tempfile.TemporaryDirectory() as d:
        write(d + "/s.py", text)
        status, out, err = show("s.py", "--frames", "5", "--size", "64x36", "--out", "o", "--budget", "200", cwd=d)
        for w in wanted:
            assert err.count(w) == 1, (w, err)
        assert (status == 0) == frames_drawn, (status, err)


@test
def exception_in_draw_is_said_once():
    one_fault("from viz import *\ndef build(a):\n    return a[7]\ndef draw():\n    build([1, 2])\n", "s.py:3  IndexError in build(): list index out of range",
              "    return a[7]\n", "nothing to show yet")


@test
def exception_in_setup():
    one_fault("def setup():\n    boom\ndef draw(): pass\n", "s.py:2  NameError in setup(): name 'boom' is not defined")


@test
def exception_in_the_body():
    one_fault("x = 1\ny = x / 0\n", "s.py:2  ZeroDivisionError: division by zero")


@test
def syntax_error():
    one_fault("def draw(:\n    pass\n", "s.py:1  SyntaxError")


@test
def wrong_argument_names_function_and_value():
    one_fault("from viz import *\ndef draw():\n    circle('a', 1, 2)\n", "s.py:3  TypeError in draw(): circle(x, y, radius): x must be a number, not 'a' (str)")


@test
def exception_in_a_map_names_the_pixel():
    one_fault("from viz import *\nimg = Image(20, 20)\ndef f(x, y):\n    return 1 / (x - 7) if y == 3 else 0.5\ndef draw():\n    img.map(f)\n",
              "s.py:4  ZeroDivisionError in f()", "in f() at pixel (7, 3) of Image.map")


@test
def endless_loop_in_draw():
    one_fault("def draw():\n    while True: pass\n", "s.py:2  took too long and was stopped")


@test
def endless_loop_cannot_be_caught():
    one_fault("def draw():\n  while True:\n    try:\n      while True: pass\n    except BaseException: pass\n    finally: pass\n", "took too long and was stopped")


@test
def endless_loop_in_a_map():
    one_fault("from viz import *\nimg = Image(20, 20)\ndef f(x, y):\n    while True: pass\ndef draw(): img.map(f)\n", "took too long and was stopped")


@test
def later_exceptions_keep_the_picture():
    with tempfile.TemporaryDirectory() as d:
        write(d + "/s.py", "from viz import *\ndef draw():\n    background(0, 1, 0)\n    if clock.frame >= 2:\n        background(1, 0, 0)\n        boom\n")
        status, out, err = show("s.py", "--frames", "6", "--size", "64x36", "--out", "o", cwd=d)
        assert status == 0 and err.count("NameError") == 1 and "showing its last picture" in err, err
        if HAS_GL: assert near(pixel(frames(d + "/o")[5], 9, 9), (0, 255, 0))


@test
def a_bad_layer_leaves_the_other_alone():
    with tempfile.TemporaryDirectory() as d:
        write(d + "/bad.py", "def draw():\n    while True: pass\n")
        write(d + "/good.py", "from viz import *\ndef draw(): print(clock.frame)\n")
        status, out, err = show("bad.py", "good.py", "--frames", "8", "--size", "64x36", "--out", "o", "--budget", "100", cwd=d)
        assert status == 1 and out.split() == [str(i) for i in range(8)], (status, out, err)


# -- Saving while it runs ----------------------------------------------------------------------------------

GOOD = "from viz import *\ndef draw():\n    background(0, 0, 1)\n    print('%s')\n"


@test
def a_good_edit_is_taken():
    with Live(s=GOOD % "one") as live:
        live.wait_print("one")
        live.edit("s", GOOD % "two")
        live.wait_print("two")
        at = len(live.prints())
        live.wait_print("two", at)
        assert "one" not in live.prints()[at:] and live.errors() == ""


def refused(bad, said):
    with Live(s=GOOD % "one") as live:
        live.wait_print("one")
        live.edit("s", bad)
        live.wait_error(said)
        assert "still showing the version from" in live.errors(), live.errors()
        live.still_prints("one")
        assert live.errors().count(said) == 1
        live.edit("s", GOOD % "three")
        live.wait_print("three")


@test
def a_syntax_error_is_refused():
    refused("def draw(:\n", "s.py:1  SyntaxError")


@test
def an_exception_in_the_first_draw_is_refused():
    refused("from viz import *\ndef draw():\n    background(0.5)\n    boom()\n", "s.py:4  NameError in draw(): name 'boom' is not defined")


@test
def an_exception_in_the_body_is_refused():
    refused("1 / 0\n", "s.py:1  ZeroDivisionError: division by zero")


@test
def an_endless_loop_is_refused():
    refused("def draw():\n    while True: pass\n", "took too long and was stopped")


@test
def a_deleted_file_is_waited_for():
    with Live(s=GOOD % "one") as live:
        live.wait_print("one")
        os.unlink(live.dir.name + "/s.py")
        live.still_prints("one")
        live.edit("s", GOOD % "two")
        live.wait_print("two")


KEEP = """
from viz import *
class State:
    def __init__(self):
        self.n = 0
        %s
s = keep(State)
def draw():
    s.n += 1
    print("%s", s.n, sorted(vars(s)))
"""


@test
def kept_objects_survive():
    with Live(s=KEEP % ("self.old = 1", "first")) as live:
        live.wait_print("first 5 ['n', 'old']")
        live.edit("s", KEEP % ("self.new = 1", "second"))
        live.wait_print("second")
        line = [l for l in live.prints().split("\n") if l.startswith("second")][0]
        assert int(line.split()[1]) > 5 and line.endswith("['n', 'new']"), line
        live.edit("s", KEEP % ("self.bad = 1", "third") + "    boom\n")
        live.wait_error("NameError")
        live.still_prints("second")
        assert "['n', 'new']" in live.prints().rstrip("\n").split("\n")[-2]


SETUP = """
from viz import *
image_ = None
top = "%s"
def setup():
    global image_
    image_ = Image(4, 4)
    print("setup ran%s")
def draw():
    assert image_ is not None
    print("draw", top)
"""


@test
def setup_runs_again_only_when_it_changed():
    with Live(s=SETUP % ("one", "")) as live:
        live.wait_print("draw one")
        live.edit("s", SETUP % ("two", ""))
        live.wait_print("draw two")
        assert live.prints().count("setup ran") == 1
        live.edit("s", SETUP % ("three", " again"))
        live.wait_print("draw three")
        assert live.prints().count("setup ran again") == 1 and live.errors() == ""


@test
def imported_modules_reload():
    with Live(s="from viz import *\nimport part\ndef draw(): print(part.word)\n") as live:
        live.wait_error("ModuleNotFoundError")
        live.edit("part", "word = 'alpha'\n")
        live.edit("s", "from viz import *\nimport part\ndef draw(): print(part.word, 1)\n")
        live.wait_print("alpha 1")
        live.edit("part", "word = 'beta'\n")
        live.wait_print("beta 1")


HEAVY = """
import gc
from viz import *
data = [0.5] * 500_000
class Particle:
    def __init__(self, i):
        self.i = i
    def value(self):
        return data[self.i] + self.i
class Spark(Particle):
    def value(self):
        return super().value() * 2
parts = [Particle(1), Spark(2), Particle(3)]
def step(n):
    s = 0.0
    for i in range(n):
        s += parts[i %% 3].value()
    return s
n = 0
def draw():
    global n
    n += 1
    s = step(30_000)
    for k in range(%d): gc.collect()
    print("version %d run", n, s > 0, gc.counters()["live_bytes"] >> 20)
"""


@test
def versions_that_are_over_leave_nothing():
    with Live(s=HEAVY % (0, 0)) as live:
        for version in range(1, 13):
            live.wait_print("version %d run 8 True" % (version - 1))
            live.edit("s", HEAVY % (4 if version == 12 else 0, version))
        live.wait_print("version 12 run 8 True")
        megabytes = int(live.prints().rpartition("version 12 run 8 True ")[2].split()[0])
        assert megabytes < 20, "%d MB live after 13 versions of 4 MB" % megabytes
        assert live.errors() == "", live.errors()


# -- Bad input --------------------------------------------------------------------------------------------------


def usage(*args, said):
    status, out, err = show(*args)
    assert status == 2 and said in err and out == "", (args, status, err)
    return err


@test
def what_is_missing_says_so():
    for use in "Params()", "class P(Params): pass", "Shader.toy('')", "audio.bands(3)", "audio.wave", "clock.bpm", "midi.map(cc=1)", "sound('a.wav')":
        name = re.match(r"(?:class P\()?((?:audio|clock)\.\w+|\w+)", use).group(1)
        one_fault(f"from viz import *\ndef draw():\n    {use}\n", f"s.py:3  NotImplementedError in draw(): viz.{name} is not there yet")


@test
def what_is_missing_is_listed():
    """Each name that script/viz_later.def promises and refuses is in docs/missing.md."""
    with open(os.path.join(ROOT, "docs", "missing.md")) as f:
        listed = re.sub(r"[\s`]+", " ", f.read())
    with open(os.path.join(ROOT, "script", "viz_later.def")) as f:
        names = re.findall(r"^LATER\((\w+)\)", f.read(), re.M)
    assert len(names) > 10 and [n for n in names if not re.search(r"\b%s\b" % n, listed)] == []


@test
def wrong_usage_exits_2():
    usage(said="which script?")
    for args in (["--frames"], ["--frames", "x"], ["--frames", "0"], ["--size", "12"], ["--size", "0x5"], ["--fps", "a"], ["--workers", "-1"], ["--nope"],
                 ["--nope=3"], ["--out", ""]):
        assert "usage:" in usage(DEMOS + "/orbits.py", *args, said="replicant show: ")


@test
def missing_files_are_said_in_one_line():
    for path in "/no/such.py", "/tmp":
        err = usage(path, "--frames", "1", said="cannot open " + path)
        assert err.count("\n") == 1, err


@test
def no_graphics_library_is_said_in_one_line():
    with tempfile.TemporaryDirectory() as d:
        write(d + "/s.py", "def draw(): print('drawn')\n")
        p = subprocess.run([EXE, "show", "s.py", "--frames", "2"], capture_output=True, text=True, timeout=60, cwd=d, env={**ENV, "REPLICANT_ENGINE": "/no/such.so"})
        assert p.returncode == 0 and set(p.stdout.splitlines()) == {"drawn"}, (p.stdout, p.stderr)  # by the clock: of two frames a busy machine may skip one
        assert p.stderr.count("\n") == 1 and "nothing is drawn or heard: /no/such.so: cannot open" in p.stderr, p.stderr


@test
def files_that_are_no_scripts():
    with tempfile.TemporaryDirectory() as d:
        for name, data in ("binary", bytes(range(256)) * 9), ("latin", b"x = '\xe9'\n"), ("zeros", b"a\0b\n"):
            write(d + "/s.py", data)
            status, out, err = show("s.py", "--frames", "2", "--size", "64x36", "--out", "o", cwd=d)
            assert status == 1 and "s.py" in err and ("SyntaxError" in err or "ValueError" in err), (name, status, err)


@test
def unreadable_images_are_placeholders():
    with tempfile.TemporaryDirectory() as d:
        os.mkdir(d + "/folder.png")
        write(d + "/noise.png", bytes(i * 37 % 251 for i in range(4000)))
        with open(os.path.join(ROOT, "docs", "screenshot.png"), "rb") as f:
            write(d + "/cut.png", f.read(500))
        names = ["none.png", "folder.png", "noise.png", "cut.png"]
        write(d + "/s.py", f"from viz import *\nimgs = [load_image(n) for n in {names}]\ndef draw():\n  for i in imgs: image(i, 0, 0)\n  print(imgs[0], len(imgs))\n")
        status, out, err = show("s.py", "--frames", "2", "--size", "64x36", "--out", "o", cwd=d)
        assert status == 0 and out.count("Image(64, 64) 4") == 2, (status, out, err)
        for n in names:
            assert err.count("cannot read image " + n) == 1, err


@test
def an_image_that_cannot_be_saved_leaves_nothing():
    with tempfile.TemporaryDirectory() as d:
        write(d + "/s.py", "from viz import *\nimg = Image(8, 8)\ndef draw(): img.save('no/such/a.png')\n")
        status, out, err = show("s.py", "--frames", "2", "--size", "64x36", "--out", "o", cwd=d)
        assert status == 1 and err.count("cannot write image no/such/a.png") == 1, (status, err)


@test
def a_display_that_does_not_answer():
    if not HAS_GL: return
    with tempfile.TemporaryDirectory() as d:
        write(d + "/s.py", "def draw(): pass\n")
        p = subprocess.run([EXE, "show", "s.py", "--frames", "2"], capture_output=True, text=True, timeout=60, cwd=d, env={**ENV, "DISPLAY": ":6421"})
        assert p.returncode == 0 and p.stderr.count("no display answers (x11 not available): 2 frames go to the folder replicant-frames") == 1, p.stderr
        assert len(frames(d + "/replicant-frames")) == 2


@test
def no_opengl_is_said_in_one_line():
    if not HAS_GL: return
    with tempfile.TemporaryDirectory() as d:
        write(d + "/s.py", "def draw(): print('drawn')\n")
        p = subprocess.run([EXE, "show", "s.py", "--frames", "2"], capture_output=True, text=True, timeout=60, cwd=d, env={**ENV, "__EGL_VENDOR_LIBRARY_DIRS": "/nowhere"})
        assert p.returncode == 0 and set(p.stdout.splitlines()) == {"drawn"}, (p.stdout, p.stderr)  # by the clock: of two frames a busy machine may skip one
        assert p.stderr.count("no OpenGL (") == 1 and "scripts run, nothing is drawn" in p.stderr, p.stderr
        assert not os.path.exists(d + "/replicant-frames") or not os.listdir(d + "/replicant-frames")


# -- Bad input of the plain command, in both tiers


def plain(*args, data=None):
    for tier in "interp", "native":
        p = subprocess.run([EXE, "--tier=" + tier, *args], input=data, capture_output=True, timeout=120, env=ENV)
        yield p.returncode, p.stdout.decode(), p.stderr.decode()


@test
def plain_scripts_that_are_no_text():
    with tempfile.TemporaryDirectory() as d:
        write(d + "/latin.py", b"a = 1\nx = '\xe9'\n")
        write(d + "/zeros.py", b"a = 1\nb\0c\n")
        for status, out, err in plain(d + "/latin.py"):
            assert status == 1 and err == ("SyntaxError: Non-UTF-8 code starting with '\\xe9' in file %s/latin.py on line 2, but no encoding declared; see "
                                           "https://peps.python.org/pep-0263/ for details\n" % d), err
        for status, out, err in plain(d + "/zeros.py"):
            assert status == 1 and err == f"SyntaxError: Null byte in file {d}/zeros.py on line 2: not a text\n", err
        for status, out, err in plain(d):
            assert status == 1 and err == f"replicant: can't find '__main__' module in '{d}'\n", err
        for status, out, err in plain(d + "/none.py"):
            assert status == 2 and err == f"replicant: can't open file '{d}/none.py': [Errno 2] No such file or directory\n", err
        for status, out, err in plain("-", data=b"x = '\xe9'\n"):
            assert status == 1 and err.startswith("SyntaxError: Non-UTF-8 code") and err.count("\n") == 1, err


DEEP = """
import sys
def plain(n): return plain(n + 1)
def numbers(n):
    s = 0
    for i in range(20): s += i
    return numbers(n + 1) + s
class Own:
    def __repr__(self): return repr(self)
    def __getattr__(self, name): return getattr(self, name + 'x')
    def __eq__(self, other): return self == other
nested = []
for i in range(100000): nested = [nested]
def attempts():
    yield lambda: plain(0)
    yield lambda: numbers(0)
    yield lambda: repr(Own())
    yield lambda: Own().name
    yield lambda: Own() == Own()
    yield lambda: repr(nested)
    yield lambda: nested == [nested]
    yield lambda: sorted([3, 1], key=lambda x: plain(0))
for limit in 1000, 10**9:
    sys.setrecursionlimit(limit)
    for f in attempts():
        try: print(f())
        except RecursionError: print("RecursionError")
print("alive", [plain.__name__ for i in range(2)])
"""


@test
def deep_recursion():
    for status, out, err in plain("-c", DEEP):
        lines = out.split("\n")
        assert status == 0 and lines[-2] == "alive ['plain', 'plain']", (status, out, err)
        assert lines.count("RecursionError") == 16, out
    for status, out, err in plain("-c", "def f(n): return f(n + 1)\nf(0)\n"):
        assert status == 1 and "RecursionError: maximum recursion depth exceeded\n" in err and "[Previous line repeated 99" in err, err


@test
def a_memory_limit_is_an_exception():
    text = """
def fill(make):
    kept = []
    try:
        while True: kept.append(make())
    except MemoryError:
        return "MemoryError"
for make in (lambda: bytes(1000000), lambda: [0] * 1000, lambda: "x" * 50000 + str(1), object, lambda: {i: i for i in range(100)}):
    print(fill(make))
try: "a" * (1 << 40)
except MemoryError: print("MemoryError")
print(sum(range(1000)))
"""
    for status, out, err in plain("--memory-limit=60", "-c", text):
        assert status == 0 and out == "MemoryError\n" * 6 + "499500\n", (status, out, err)


@test
def a_layer_out_of_memory_is_alone():
    with tempfile.TemporaryDirectory() as d:
        write(d + "/bad.py", "kept = []\ndef draw():\n    while True: kept.append([0] * 10000)\n")
        write(d + "/good.py", "from viz import *\ndef draw(): print(clock.frame, len([0] * 100000))\n")
        p = subprocess.run([EXE, "--memory-limit=80", "show", "bad.py", "good.py", "--frames", "4", "--size", "64x36", "--out", "o"], cwd=d, env=ENV,
                           capture_output=True, text=True, timeout=120)
        assert p.returncode == 1 and "bad.py:3  MemoryError in draw()" in p.stderr, p.stderr
        assert p.stdout.split("\n")[:4] == [f"{i} 100000" for i in range(4)], p.stdout


@test
def deep_recursion_in_a_layer_is_alone():
    with tempfile.TemporaryDirectory() as d:
        write(d + "/bad.py", "from viz import *\nimg = Image(40, 40)\ndef f(x, y): return f(x, y)\ndef draw(): img.map(f)\n")
        write(d + "/good.py", "from viz import *\ndef draw(): print(clock.frame)\n")
        status, out, err = show("bad.py", "good.py", "--frames", "4", "--size", "64x36", "--out", "o", cwd=d)
        assert status == 1 and err.count("RecursionError in f(): maximum recursion depth exceeded") == 1 and out.split() == list("0123"), (status, out, err)


@test
def pictures_cannot_be_written():
    status, out, err = show(DEMOS + "/orbits.py", "--frames", "1", "--out", "/proc/nowhere")
    assert status == 1 and "/proc/nowhere" in err, (status, err)


@test
def an_empty_file_shows_nothing():
    with tempfile.TemporaryDirectory() as d:
        write(d + "/s.py", "")
        status, out, err = show("s.py", "--frames", "2", "--size", "64x36", "--out", "o", cwd=d)
        assert status == 0, err


def main():
    global HAS_GL
    with tempfile.TemporaryDirectory() as d:
        write(d + "/s.py", "def draw(): pass\n")
        show("s.py", "--frames", "1", "--size", "64x36", "--out", "o", cwd=d)
        HAS_GL = bool(os.path.isdir(d + "/o") and os.listdir(d + "/o"))
    passed = failed = 0
    for t in TESTS:
        if len(sys.argv) > 2 and not any(w in t.__name__ for w in sys.argv[2:]):
            continue
        try:
            t()
            passed += 1
        except Exception:
            failed += 1
            print("FAIL", t.__name__)
            traceback.print_exc()
    print(f"{passed} passed, {failed} failed")
    return failed != 0


sys.exit(main())
