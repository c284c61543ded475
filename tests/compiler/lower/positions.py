"""Source positions against CPython: for each code object of the standard library the sets of (kind, line, end line, column, end column)
of its calls, attribute accesses, operators, comparisons and items must be CPython's. Tracebacks and carets come from these.
usage: positions.py RP_LOWER [FILES...] [-v]"""
import collections, dis, os, subprocess, sys, warnings

warnings.simplefilter("ignore")
KINDS = {"CALL": "c", "CALL_FUNCTION_EX": "c", "LOAD_ATTR": "a", "LOAD_METHOD": "a", "STORE_ATTR": "s", "BINARY_SUBSCR": "i",
         "STORE_SUBSCR": "j", "BINARY_OP": "b", "CONTAINS_OP": "n", "COMPARE_OP": "k", "RAISE_VARARGS": "r", "UNPACK_SEQUENCE": "u",
         "UNPACK_EX": "u", "GET_ITER": "g", "IMPORT_NAME": "m", "IMPORT_FROM": "f"}


def truth(code, out):
    here = out[code.co_qualname, code.co_firstlineno]
    for i in dis.get_instructions(code):
        if i.opname in KINDS and not (i.opname == "RAISE_VARARGS" and i.arg == 0):
            p = i.positions
            if p.lineno is not None:
                kind = "p" if i.opname == "BINARY_OP" and i.argrepr == "%" else KINDS[i.opname]
                here.add((kind, p.lineno, p.end_lineno, p.col_offset, p.end_col_offset))
    for c in code.co_consts:
        if hasattr(c, "co_code"):
            truth(c, out)


def main():
    tool, verbose = sys.argv[1], "-v" in sys.argv
    files = [a for a in sys.argv[2:] if a != "-v"]
    if not files:
        for folder in ("/usr/lib/python3.11", "/usr/lib/python3.11/json", "/usr/lib/python3.11/asyncio", "/usr/lib/python3.11/unittest"):
            files += sorted(os.path.join(folder, f) for f in os.listdir(folder) if f.endswith(".py"))
    out = subprocess.run([tool, "positions", *files], capture_output=True, text=True, timeout=300).stdout
    have, path, here = {}, None, None
    for line in out.split("\n"):
        if line.startswith("!"):
            path = line[1:]
            have[path] = collections.defaultdict(set)
        elif line.startswith("@"):
            name, _, first = line[1:].rpartition(" ")
            here = have[path][name, int(first)]
        elif line:
            k, *nums = line.split()
            here.add((k, *map(int, nums)))
    total = bad = 0
    by_kind = collections.Counter()
    for path in files:
        want = collections.defaultdict(set)
        try:
            truth(compile(open(path, "rb").read(), path, "exec", dont_inherit=True), want)
        except (SyntaxError, ValueError):
            continue
        for key, w in want.items():
            total += 1
            h = have.get(path, {}).get(key, set())
            h -= {x for x in h if x[0] == "p"} - w  # CPython makes f-strings of some % formats
            w -= {x for x in w if x[0] == "u"} - h  # and tuples of a, b, c, d = w, x, y, z; neither raises
            if w == h:
                continue
            bad += 1
            for kind in {x[0] for x in w ^ h}:
                by_kind[kind] += 1
            if verbose or bad <= 10:
                print(f"{path} {key[0]}:\n  only CPython: {sorted(w - h)[:6]}\n  only here:    {sorted(h - w)[:6]}")
    print(dict(by_kind))
    print(f"{total - bad} passed, {bad} failed")
    return bad > 0


sys.exit(main())
