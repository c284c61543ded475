# Modules of the standard library import, and their simplest uses work.
import random, json, re, logging, tempfile, os, csv, dataclasses, enum, typing, contextlib, collections, string, textwrap, pathlib, shutil, unittest
import concurrent.futures, queue, threading, io, sys

random.seed("text")
print(random.random(), random.choice("abcdef"))
print(json.loads(json.dumps({"a": [1, 2.5, None, True, "ä\n"]}, sort_keys=True, indent=1)))
log = io.StringIO()
logging.basicConfig(stream=log, format="%(levelname)s:%(message)s")
logging.warning("careful %d", 3)
print(log.getvalue())
d = tempfile.mkdtemp()
p = pathlib.Path(d) / "x.txt"
print(p.write_text("hello\n"), p.read_text(), p.exists(), p.suffix, p.stat().st_size)
with open(p, "w", newline="") as f:
    w = csv.writer(f)
    w.writerow(["a", 'q"uote', "co,mma", 1.5, None])
    w.writerows([["x\ny", ""], [""]])
with open(p, newline="") as f:
    print(list(csv.reader(f)))
print(p.read_bytes())
os.unlink(p)
os.rmdir(d)
print(list(csv.DictReader(["a;b", "1;'2;3'"], delimiter=";", quotechar="'")), csv.list_dialects())


@dataclasses.dataclass(order=True)
class P:
    x: int
    y: typing.List[int] = dataclasses.field(default_factory=list)


class Color(enum.Enum):
    RED = 1
    BLUE = 2


print(P(1), P(1) < P(2), Color.RED, list(Color), Color(2).name)
with contextlib.redirect_stdout(io.StringIO()) as out:
    print("inside")
print(repr(out.getvalue()), collections.Counter("hello").most_common(1), string.Template("$a").substitute(a=1), textwrap.shorten("a b c d e f", 9))
with concurrent.futures.ThreadPoolExecutor(3) as pool:
    print(list(pool.map(lambda v: v * v, range(6))))
q = queue.Queue()
threads = [threading.Thread(target=q.put, args=(i,)) for i in range(3)]
for t in threads:
    t.start()
for t in threads:
    t.join()
print(sorted(q.get() for _ in range(3)), shutil.which("sh") is not None)


class T(unittest.TestCase):
    def test_it(self):
        self.assertEqual(1, 1)
        with self.assertRaises(ValueError):
            int("x")


r = unittest.TestResult()
unittest.defaultTestLoader.loadTestsFromTestCase(T).run(r)
print(r.testsRun, r.errors, r.failures)
sys.stdout.flush()
sys.stdout.buffer.write(b"bytes\n")
sys.stdout.buffer.flush()
