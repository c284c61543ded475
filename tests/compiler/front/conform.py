"""conform.py RP_FRONT: compares the front end with CPython 3.11, run by the CPython to compare with.

1. Every .py file of the standard library and its test suite: equal ast.dump with positions, or equal error.
2. Invalid snippets found in CPython's own tests: equal type, message and positions.
3. The text on stderr for some of them.  4. The Unicode database.
CONFORM_SHOW=N shows the first N differences; CONFORM_FILES, _COUNT and _SEED choose files to damage instead of the
usual ones, how often and how. What CPython says is kept in a cache file beside RP_FRONT, because asking takes a minute.
"""
import ast
import doctest
import glob
import hashlib
import json
import multiprocessing
import os
import re
import subprocess
import sys
import tempfile
import unicodedata
import warnings
import zlib

LIB = "/usr/lib/python3.11"
MODES = {"x": "exec", "e": "eval", "s": "single", "f": "func_type", "X": "exec", "E": "eval"}


def truth(source, mode="exec"):
    """The line that rp_front must print for this source."""
    warnings.simplefilter("ignore")
    try:
        tree = ast.parse(source, mode=mode)
    except SyntaxError as e:
        fields = [e.lineno, e.offset, e.end_lineno, e.end_offset]
        return ["error", type(e).__name__] + [0 if x is None else x for x in fields] + [e.msg]
    except (ValueError, MemoryError, OverflowError, RecursionError) as e:
        return ["error", type(e).__name__, 0, 0, 0, 0, str(e)]
    try:
        text = ast.dump(tree, include_attributes=True).encode("utf-8", "surrogatepass")
    except RecursionError:
        return ["deep"]
    return ["ok", zlib.crc32(text), len(text)]


def truth_of_file(path):
    sys.setrecursionlimit(20000)
    with open(path, "rb") as f:
        return truth(f.read())


def read_answer(line):
    parts = line.rstrip("\n").split(" ", 6)
    if parts[0] == "ok":
        return ["ok", int(parts[1]), int(parts[2])]
    msg = parts[6].replace("\\n", "\n").replace("\\\\", "\\")
    return ["error", parts[1]] + [int(x) for x in parts[2:6]] + [msg]


def cached(cache_path, key, compute):
    try:
        with open(cache_path) as f:
            data = json.load(f)
        if data["key"] == key:
            return data["value"]
    except (OSError, ValueError, KeyError):
        pass
    value = compute()
    with open(cache_path, "w") as f:
        json.dump({"key": key, "value": value}, f)
    return value


class Score:
    def __init__(self):
        self.passed = self.failed = self.inexact = 0
        self.limit = int(os.environ.get("CONFORM_SHOW", "40"))

    def judge(self, name, want, got):
        if want == got or want == ["deep"]:
            self.passed += 1
            return
        self.failed += 1
        if self.failed <= self.limit:
            print("FAIL %s\n   want %s\n   got  %s" % (name, want, got))


def compare_files(rp_front, score):
    paths = sorted(glob.glob(LIB + "/**/*.py", recursive=True))
    paths = [p for p in paths if os.path.isfile(p)]

    def compute():
        with multiprocessing.Pool(2) as pool:
            return pool.map(truth_of_file, paths, chunksize=8)

    key = hashlib.sha1("\n".join("%s %d" % (p, os.path.getsize(p)) for p in paths).encode()).hexdigest()
    wants = cached(rp_front + ".truth_files.json", key, compute)
    out = subprocess.run([rp_front, "--attributes", "--batch"], input="\n".join(paths) + "\n", capture_output=True,
                         encoding="utf-8", errors="surrogateescape").stdout.splitlines()
    for path, want, line in zip(paths, wants, out + ["error crash 0 0 0 0 "] * len(paths)):
        score.judge(path, want, read_answer(line))
    return len(paths)


# -- Snippets --------------------------------------------------------------------------------------------

def doctest_snippets(path):
    with open(path, "rb") as f:
        tree = ast.parse(f.read())
    docs = [n.value for n in ast.walk(tree) if isinstance(n, ast.Constant) and isinstance(n.value, str)
            and ">>>" in n.value]
    for doc in docs:
        try:
            examples = doctest.DocTestParser().get_examples(doc)
        except ValueError:
            continue
        for e in examples:
            yield "s", e.source
            yield "x", e.source


def string_snippets(path):
    """Every string of a test file is a snippet: as a module, and without a newline as an expression."""
    with open(path, "rb") as f:
        tree = ast.parse(f.read())
    for n in ast.walk(tree):
        if isinstance(n, ast.Constant) and isinstance(n.value, (str, bytes)) and 1 < len(n.value) < 2000:
            yield "x", n.value
            if len(n.value) < 200:
                yield "e", n.value


def dedent_snippets(path):
    with open(path, "rb") as f:
        tree = ast.parse(f.read())
    import textwrap
    for n in ast.walk(tree):
        if isinstance(n, ast.Constant) and isinstance(n.value, str) and "\n" in n.value:
            yield "x", textwrap.dedent(n.value)


def mutated_snippets(path, count, seed=int(os.environ.get("CONFORM_SEED", "12345"))):
    """Single-token damage to the lines of a valid file, by a fixed recipe."""
    with open(path, encoding="utf-8") as f:
        lines = f.read().split("\n")
    junk = ["(", ")", "]", "=", ":", ",", "if", "1", "'", "\\", " ", "*", "lambda", "for x in y", ":=", "not", "{", "f'{a b}'",
            "yield", "print x", "0777", "1_", "await", "else", "\t", "**", "a=", "class", "import", "as", "%", "é", "$", "..."]
    for _ in range(count):
        seed = (seed * 1103515245 + 12345) & 0x7fffffff
        start = seed % max(1, len(lines) - 12)
        chunk = "\n".join(lines[start:start + 12])
        tokens = re.findall(r"\s+|\w+|[^\w\s]", chunk)
        if not tokens:
            continue
        seed = (seed * 1103515245 + 12345) & 0x7fffffff
        i = (seed >> 4) % len(tokens)
        seed = (seed * 1103515245 + 12345) & 0x7fffffff
        op = (seed >> 5) % 3
        j = junk[(seed >> 8) % len(junk)]
        if op == 0:
            tokens[i] = ""
        elif op == 1:
            tokens[i] = j
        else:
            tokens.insert(i, " " + j + " ")
        yield "X", "".join(tokens)


EXTRA = [(f, int(os.environ["CONFORM_COUNT"])) for f in os.environ.get("CONFORM_FILES", "").split()]
FILES = ["test_syntax", "test_exceptions", "test_fstring", "test_eof", "test_grammar", "test_string_literals",
         "test_named_expressions", "test_patma", "test_positional_only_arg", "test_except_star", "test_unpack_ex",
         "test_generators", "test_coroutines", "test_type_comments", "test_tokenize", "test_ast", "test_compile",
         "test_parser", "test_unparse", "test_source_encoding", "test_lambda", "test_keywordonlyarg", "test_genexps",
         "test_codeop", "test_decorators", "test_int_literal", "test_unicode_identifiers", "test_pep646_syntax",
         "test_future", "test_super", "test_ucn", "test_listcomps", "test_with", "test_float", "test_complex"]


def compare_snippets(rp_front, score):
    seen, items = set(), []

    def add(gen):
        for mode, text in gen:
            if isinstance(text, str):
                try:
                    text = text.encode("utf-8")
                except UnicodeEncodeError:
                    continue
            if (mode, text) not in seen:
                seen.add((mode, text))
                items.append((mode, text))

    for name in FILES:
        path = "%s/test/%s.py" % (LIB, name)
        if not os.path.exists(path):
            continue
        add(doctest_snippets(path))
        add(string_snippets(path))
        add(dedent_snippets(path))
    for name, n in EXTRA or [("test/test_grammar", 800), ("test/test_patma", 400), ("test/test_fstring", 400), ("typing", 300),
                    ("test/test_coroutines", 300), ("dataclasses", 300), ("asyncio/tasks", 300), ("argparse", 300)]:
        add(mutated_snippets("%s/%s.py" % (LIB, name), n))
    key = hashlib.sha1(b"".join(m.encode() + t for m, t in items)).hexdigest()
    wants = cached(rp_front + ".truth_snippets.json", key, lambda: [truth(t.decode() if m.isupper() else t, MODES[m]) for m, t in items])
    feed = b"".join(b"%s %d\n%s" % (m.encode(), len(t), t) for m, t in items)
    out = subprocess.run([rp_front, "--attributes", "--snippets"], input=feed, capture_output=True)
    lines = out.stdout.decode("utf-8", "surrogateescape").split("\n")
    if out.returncode:
        print("rp_front ended with", out.returncode, out.stderr.decode()[:2000])
    n_errors = 0
    for (mode, text), want, line in zip(items, wants, lines + ["error crash 0 0 0 0 "] * len(items)):
        n_errors += want[0] == "error"
        score.judge("%s %r" % (MODES[mode], text[:300]), want, read_answer(line))
    return len(items), n_errors


# -- What is printed on stderr ------------------------------------------------------------------------------

def compare_stderr(rp_front, score, count):
    """The exact text, caret included, for every n-th invalid text."""
    items = []
    for name in ["test_syntax", "test_exceptions", "test_fstring", "test_string_literals"]:
        items += [t for m, t in string_snippets("%s/test/%s.py" % (LIB, name)) if m == "x"]
    items += [t for _, t in mutated_snippets(LIB + "/test/test_grammar.py", 300)]
    items = [t.encode("utf-8", "replace") if isinstance(t, str) else t for t in items]
    items = [t for t in items if b"\0" not in t and truth(t)[0] == "error"]
    for t in items[::max(1, len(items) // count)]:
        with tempfile.NamedTemporaryFile(suffix=".py") as f:
            f.write(t)
            f.flush()
            want = subprocess.run([sys.executable, "-I", "-S", f.name], capture_output=True).stderr
            got = subprocess.run([rp_front, "--dump=none", f.name], capture_output=True).stderr
        score.judge("stderr %r" % t[:200], want, got)


# -- Unicode --------------------------------------------------------------------------------------------------

def compare_unicode(rp_front, score):
    def hexes(s):
        return "".join("%x." % ord(c) for c in s)

    out = subprocess.run([rp_front, "--unicode"], capture_output=True, encoding="ascii").stdout.split("\n")
    differ = 0
    for cp in range(0x110000):
        c = chr(cp)
        flags = [c.isalpha(), c.isalnum(), c.isdecimal(), c.isdigit(), c.isnumeric(), c.isspace(), c.isupper(), c.islower(),
                 c.isprintable(), c.isidentifier(), ("a" + c).isidentifier(), len(("a" + c + "b").splitlines()) == 2]
        maps = [c.upper(), c.lower(), c.title(), c.casefold()]
        forms = [unicodedata.normalize(f, c) for f in ("NFC", "NFD", "NFKC", "NFKD")]
        want = " ".join(["".join("01"[b] for b in flags)] + [hexes(s) for s in maps + forms]
                        + [str(unicodedata.combining(c)), unicodedata.name(c, "")])
        differ += want != out[cp]
    score.judge("unicode: differing code points", 0, differ)


def main():
    rp_front = os.path.abspath(sys.argv[1])
    sys.setrecursionlimit(20000)
    score = Score()
    n = compare_files(rp_front, score)
    print("files: %d compared, %d differ" % (n, score.failed))
    before = score.failed
    n, n_errors = compare_snippets(rp_front, score)
    print("snippets: %d compared, %d of them invalid, %d differ" % (n, n_errors, score.failed - before))
    before = score.passed + score.failed
    compare_stderr(rp_front, score, 150)
    print("stderr: %d compared" % (score.passed + score.failed - before))
    compare_unicode(rp_front, score)
    print("%d passed, %d failed" % (score.passed, score.failed))
    sys.exit(score.failed != 0)


main()
