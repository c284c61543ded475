"""Compile-stage errors against CPython: snippets are taken at test time from the installed test suite (string constants and doctest
examples), compiled by both, and kind, message, positions and SyntaxWarnings compared.
usage: errors.py RP_LOWER [-v]"""
import ast, doctest, os, subprocess, sys, tempfile, warnings

FILES = """test_syntax test_scope test_named_expressions test_future test_global test_generators test_coroutines test_patma test_unpack_ex
test_grammar test_compile test_except_star test_asyncgen test_string_literals test_keywordonlyarg test_positional_only_arg test_with test_dictcomps
test_listcomps test_genexps test_exceptions test_super test_class test_annotations test_type_comments test_flufl test_fstring test_lambda
test_symtable test_peepholer test_ast test_unparse test_codeop test_code test_builtin test_exception_variations test_decorators test_typing
test_extcall test_unpack test_pep646_syntax test_eof test_long_future test_parser test_syntax_errors test_cmd_line_script""".split()

EXTRA = r'''
def f(a, a): pass
---
def f(x): global x
---
def f():
    x = 1
    global x
---
def f():
    print(x)
    nonlocal x
---
nonlocal x
---
def f():
    nonlocal x
---
class C:
    nonlocal x
---
return 1
---
class C: return 1
---
break
---
continue
---
for i in x:
    def f(): break
---
def f():
    try: pass
    except* E: return 1
---
while 1:
    try: pass
    except* E: break
---
while 1:
    try: pass
    except* E:
        while 1: break
---
def f(): yield from (await x)
---
async def f(): yield from x
---
async def f():
    yield 1
    return 2
---
yield 1
---
await x
---
def f(): await x
---
def f(): [x async for x in y]
---
[x async for x in y]
---
def f():
    async with x: pass
---
def f():
    async for x in y: pass
---
__debug__ = 1
---
del __debug__
---
def f(__debug__): pass
---
f(__debug__=1)
---
x.__debug__ = 1
---
import __debug__
---
for __debug__ in x: pass
---
with x as __debug__: pass
---
def __debug__(): pass
---
class __debug__: pass
---
try: pass
except: pass
except E: pass
---
*a = 1
---
*a, *b = 1
---
x = *a
---
f(a=1, a=2)
---
match x:
    case y: pass
    case 1: pass
---
match x:
    case _: pass
    case 1: pass
---
match x:
    case a | 1: pass
---
match x:
    case [a, a]: pass
---
match x:
    case [*a, *b]: pass
---
match x:
    case {1: a, 1: b}: pass
---
match x:
    case {'a': 1, 'a': 2}: pass
---
match x:
    case C(a=1, a=2): pass
---
match x:
    case (a, 1) | (1, b): pass
---
match x:
    case (a | b) | 1: pass
---
from __future__ import braces
---
from __future__ import nope
---
x = 1
from __future__ import annotations
---
def f():
    from __future__ import division
---
def f(): from x import *
---
class C: from x import *
---
[x for x in (y := 1)]
---
[(x := 1) for x in y]
---
[x for x in y if (z := 1) for z in q]
---
class C: [(x := 1) for y in z]
---
[(yield) for x in y]
---
((yield) for x in y)
---
from __future__ import annotations
def f(x: (yield)): pass
---
from __future__ import annotations
def f() -> (y := 3): pass
---
from __future__ import annotations
async def f():
    x: await y
---
def f():
    global x
    x: int = 1
---
def f():
    def g():
        nonlocal x
        x: int
    x = 1
---
def f():
    x: int
    global x
---
x is 1
---
1 is not x
---
x is "a" is y
---
assert (1, "msg")
---
assert ()
---
1()
---
"a"(1)
---
(1, 2)(3)
---
[1][2, 3]
---
{1}[0]
---
"abc"["a"]
---
None[0]
---
lambda: x is 0
---
def f(a, *, a): pass
---
lambda x, x: 1
---
def f(a, b=1, *a, **b): pass
---
def f():
    x = 1
    def g():
        global x
        nonlocal x
---
global x
x = 1
---
x = 1
global x
---
class C:
    x = 1
    def f(self): nonlocal x
---
async def f():
    def g(): [await x for y in z]
---
async def f():
    return [await x async for y in z]
---
def f(): return (await x for y in z)
---
x: int = yield
---
def f():
    x = (yield) = 1
---
del (a, [b, c.__debug__])
---
with a as (*b, *c): pass
---
for *a in b: pass
---
[*a for a in b]
---
print(*a for a in b)
---
(x): int = 1
---
x.y: int
---
x[yield]: int
---
def f(): x: (yield)
---
class C:
    __x: int
---
a, b += 1
---
try:
    pass
finally:
    continue
---
while 1:
    try: pass
    finally:
        continue
---
def f():
    for i in x:
        pass
    else:
        break
'''


def snippets(suite):
    seen = set()
    for part in EXTRA.strip("\n").split("\n---\n"):
        seen.add(part + "\n")
    for name in FILES:
        path = os.path.join(suite, name + ".py")
        if not os.path.exists(path):
            continue
        text = open(path, encoding="utf-8").read()
        for node in ast.walk(ast.parse(text)):
            if not (isinstance(node, ast.Constant) and isinstance(node.value, str)):
                continue
            s = node.value
            if ">>>" in s:
                try:
                    seen.update(e.source for e in doctest.DocTestParser().get_examples(s))
                except ValueError:
                    pass
            elif len(s) < 20000 and any(c in s for c in " (=:[\n"):
                seen.add(s if s.endswith("\n") else s + "\n")
                import textwrap
                d = textwrap.dedent(s).lstrip("\n")
                seen.add(d if d.endswith("\n") else d + "\n")
    usable = []
    for s in sorted(seen):
        try:
            s.encode()
        except UnicodeEncodeError:
            continue
        if "\0" not in s and "\r" not in s and "### " not in s:
            usable.append(s)
    return usable


def truth(src):
    out = []
    with warnings.catch_warnings(record=True) as log:
        warnings.simplefilter("always")
        try:
            compile(src, "<test>", "exec", dont_inherit=True)
            out.append("ok")
        except SyntaxError as e:
            out.append(f"{type(e).__name__}: {e.msg} ({e.lineno}, {e.offset}, {e.end_lineno}, {e.end_offset})")
        except (ValueError, OverflowError, MemoryError, RecursionError) as e:
            out.append(f"{type(e).__name__}: {e}")
    if out[0] == "ok":
        seen = []
        for w in log:
            if w.category is SyntaxWarning and (w.lineno, str(w.message)) not in seen:
                seen.append((w.lineno, str(w.message)))
        out += [f"warning {n}: {m}" for n, m in seen]
    return out


def main():
    tool, verbose = sys.argv[1], "-v" in sys.argv
    todo = snippets("/usr/lib/python3.11/test")
    with tempfile.NamedTemporaryFile("w", suffix=".txt", encoding="utf-8", delete=False) as f:
        for i, s in enumerate(todo):
            f.write(f"### {i}\n{s}")
    out = subprocess.run([tool, "errors", f.name], capture_output=True, timeout=300)
    os.unlink(f.name)
    got = {}
    for line in out.stdout.decode("utf-8", "surrogateescape").split("\n"):
        number, _, rest = line.partition(" ")
        if number.isdigit():
            got.setdefault(int(number), []).append(rest)
        elif got:
            got[max(got)][-1] += "\n" + line
    bad = 0
    for i, s in enumerate(todo):
        want, have = truth(s), got.get(i, ["nothing"])
        have = [h.rstrip("\n") for h in have]
        if have[0] != "ok":
            have = have[:1]
        # No position: both say so in their own way.
        norm = lambda x: x.replace("None", "0").replace("-1", "0")
        if [norm(w) for w in want] != [norm(h) for h in have]:
            bad += 1
            if verbose or bad <= 20:
                print(f"--- {s[:300].rstrip()}\n  CPython: {want}\n  here:    {have}")
    print(f"{len(todo) - bad} passed, {bad} failed")
    if out.returncode < 0:
        print("crashed:", out.stderr.decode()[-500:])
    return 1 if bad or out.returncode < 0 else 0


sys.exit(main())
