# sys.stdin, stdout, stderr are text files like any other.
import contextlib, io, sys

print(isinstance(sys.stdout, io.TextIOWrapper), type(sys.stdout), sys.stdin, sys.stderr.errors)
print(type(sys.stdout.buffer).__name__ in ("BufferedWriter", "FileIO"), sys.stdout.buffer.fileno(), sys.stdout.encoding, sys.stdout.name, sys.stdout.mode, sys.stdout.newlines)
print("text", end=" ")
sys.stdout.flush()
sys.stdout.buffer.write(b"bytes\n")
sys.stdout.buffer.flush()
b = io.StringIO()
with contextlib.redirect_stdout(b):
    print("inside", 1, sep="-")
    sys.stdout.write("more\n")
print(repr(b.getvalue()))
with contextlib.redirect_stderr(io.StringIO()) as e:
    print("gone", file=sys.stderr)
print(repr(e.getvalue()))
old = sys.stdout
sys.stdout = io.TextIOWrapper(io.BytesIO(), encoding="latin-1")
print("h\xe4")
sys.stdout.flush()
v = sys.stdout.buffer.getvalue()
sys.stdout = old
print(v, sys.stdout is sys.__stdout__)
sys.stdout.reconfigure(errors="replace", line_buffering=True)
print(sys.stdout.errors, sys.stdout.line_buffering, "\udc80")
sys.stdout.reconfigure(encoding="ascii", errors="backslashreplace")
print("\xe4\u20ac")
sys.stdout.reconfigure(encoding="utf-8")
print("\xe4\u20ac", sys.stdin.read(), sys.stdin.readline(), list(sys.stdin))


class Tee:
    def __init__(self):
        self.parts = []

    def write(self, s):
        self.parts.append(s)


t = Tee()
print("a", 2, file=t)
print(t.parts)
for bad in (3, object()):
    try:
        print("x", file=bad)
    except AttributeError as e:
        print(str(e).split(" at 0x")[0])
sys.stdout = None
print("nowhere")
sys.stdout = sys.__stdout__
with open(sys.stdout.fileno(), "w", closefd=False) as f:
    print("through the descriptor", file=f)
sys.stdout = io.TextIOWrapper(sys.stdout.detach(), encoding="utf-8", newline="\r\n")
print("detached")
