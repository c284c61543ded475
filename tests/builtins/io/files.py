# Text and binary files: modes, iteration, positions, newlines, errors.
import io, os, tempfile

p = tempfile.mktemp()
with open(p, "w", encoding="utf-8") as f:
    print(f.write("first\nzweite Zeile mit ä\n"), f.tell(), f.readable(), f.writable(), f.mode, f.newlines)
    print("third", 3, file=f)
    f.writelines(["a\n", "b\n"])
print(f.closed)
with open(p, encoding="utf-8") as f:
    print([line for line in f])
with open(p, encoding="utf-8") as f:
    f.readline()
    f.read(9)
    at = f.tell()
    rest = f.read()
    f.seek(at)
    print(at, f.read() == rest, f.read(), f.readline())
    f.seek(0, 2)
    print(f.tell() == os.path.getsize(p))
with open(p, "rb") as f:
    print(f.read(5), f.tell(), f.seek(-2, 2), f.read(), f.peek(1), f.read1())
    f.seek(0)
    b = bytearray(8)
    print(f.readinto(b), b, f.readline(), f.readlines()[:1])
with open(p, "r+b") as f:
    f.write(b"FIRST")
    print(f.tell(), f.read(3), f.seek(0), f.readline(), f.truncate(7), f.seek(0), f.read())
with open(p, "ab") as f:
    print(f.tell(), f.write(b"!"), f.tell())
with open(p, "rb", buffering=0) as f:
    print(type(f).__name__, f.readall(), f.mode, f.closefd)
for newline in (None, "", "\n", "\r", "\r\n"):
    with open(p, "wb") as f:
        f.write(b"a\nb\r\nc\rd")
    with open(p, newline=newline) as f:
        print(repr(newline), list(f), f.newlines)
    with open(p, "w", newline=newline) as f:
        f.write("x\ny\r\n")
    print(open(p, "rb").read())
for mode in ("z", "rw", "r+b+", "bt", ""):
    try:
        open(p, mode)
    except ValueError as e:
        print(mode, e)
for call in (lambda: open("/nowhere/x"), lambda: open("/"), lambda: open(p, "x"), lambda: open(3.5), lambda: open(p, "rb", encoding="utf-8"),
             lambda: open(p, buffering=0), lambda: open(p, "w").read(), lambda: open(p).write(""), lambda: open(p, "wb").write("s"), lambda: f.read(),
             lambda: open(p, encoding="nope"), lambda: open(p, newline="x")):
    try:
        call()
    except Exception as e:
        print(type(e).__name__, str(e).replace(p, "P"))
with open(p, "wb") as f:
    f.write(b"ok \xff\xfe end")
for errors in ("strict", "ignore", "replace", "surrogateescape", "backslashreplace"):
    try:
        print(errors, ascii(open(p, encoding="utf-8", errors=errors).read()))
    except UnicodeDecodeError as e:
        print(e)
for encoding in ("latin-1", "utf-16", "cp1252", "utf-8-sig", "ascii"):
    try:
        with open(p, "w", encoding=encoding) as f:
            f.write("né\n" * 2)
        with open(p, encoding=encoding) as f:
            print(encoding, open(p, "rb").read(), f.readline(), f.encoding)
    except UnicodeEncodeError as e:
        print(e)
with open(p, "w", encoding="utf-8") as f:
    for i in range(5000):
        f.write(f"line {i} äöü\n")
with open(p, encoding="utf-8") as f:
    spots = []
    while True:
        at = f.tell()
        line = f.readline()
        if not line:
            break
        spots.append((at, line))
    print(len(spots), spots[4999])
    for at, line in spots[::997]:
        f.seek(at)
        assert f.readline() == line
os.unlink(p)
