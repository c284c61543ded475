#!/usr/bin/python3
# tiers: interp
# (compiling all of the library at its first call takes longer than a test may)
"""Imports every pure module of CPython's library under replicant and under CPython, and lists what fails in replicant alone, with the reason.

    /usr/bin/python3 tests/modules/import_all.py --list [--exe build/release/replicant] [NAME...]

Without --list it is a test like its neighbours: the modules named below import. Last line of the list: `N passed, N failed`.
"""
import sys

# What ordinary scripts use; the list below covers the rest.
EVERYDAY = """abc argparse array ast asyncio base64 bisect calendar cmath codecs collections collections.abc colorsys concurrent.futures configparser contextlib
contextvars copy copyreg csv dataclasses datetime decimal difflib dis enum errno fcntl filecmp fileinput fnmatch fractions functools gc getopt getpass glob graphlib
grp gzip hashlib heapq hmac html html.parser http.client importlib importlib.machinery importlib.util inspect io ipaddress itertools json keyword linecache locale
logging logging.handlers marshal math mimetypes numbers opcode operator os os.path pathlib pickle pkgutil platform posixpath pprint pwd queue quopri random re reprlib
resource runpy sched secrets select selectors shelve shlex shutil signal socket socketserver stat statistics string struct subprocess sys sysconfig
tarfile tempfile termios textwrap threading time timeit token tokenize traceback tty types typing unicodedata unittest unittest.mock urllib.parse urllib.request
uuid warnings wave weakref xml.dom.minidom zipfile zlib zoneinfo""".split()
SKIP = {"antigravity", "this", "idlelib", "lib2to3", "test", "tkinter", "turtle", "turtledemo", "__main__"}


def names():
    import pkgutil

    for m in pkgutil.iter_modules(["/usr/lib/python3.11"]):
        if m.name not in SKIP and not m.name.startswith("_sysconfigdata"):
            yield m.name


def failure(exe, name):
    import subprocess

    p = subprocess.run([exe, "-W", "ignore", "-c", "import " + name] if exe.endswith("python3") else [exe, "-c", "import " + name], stdin=subprocess.DEVNULL,
                       stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, timeout=60)
    return None if p.returncode == 0 else p.stderr.strip().split("\n")[-1] or "ended with status %d" % p.returncode


def main(args):
    exe = "build/release/replicant"
    if args[:1] == ["--exe"]:
        exe, args = args[1], args[2:]
    good = bad = 0
    for name in args or names():
        why = failure(exe, name)
        if why is None:
            good += 1
        elif failure("/usr/bin/python3", name) is None:
            bad += 1
            print("%-24s %s" % (name, why), flush=True)
    print("%d passed, %d failed" % (good, bad))


if sys.argv[1:2] == ["--list"]:
    main(sys.argv[2:])
else:
    import importlib
    import warnings

    warnings.simplefilter("ignore")
    for name in EVERYDAY:
        try:
            importlib.import_module(name)
        except Exception as e:
            print(name, type(e).__name__, e)
    print(len(EVERYDAY), "modules")
