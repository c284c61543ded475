# BytesIO, StringIO, layers over Python streams.
import io

b = io.BytesIO(b"one\ntwo\nthree")
print(b.readline(), b.tell(), b.read(2), b.readlines(), b.read(), b.seek(-3, 2), b.read())
b.seek(20)
print(b.write(b"zz"), b.getvalue(), b.truncate(4), b.getvalue())
view = b.getbuffer()
view[0] = 79
try:
    b.write(b"long" * 4)
except BufferError as e:
    print(e)
view.release()
print(b.getvalue(), b.readable(), b.closed)
b.close()
try:
    b.read()
except ValueError as e:
    print(e)
s = io.StringIO("héllo\nwörld\n")
print(s.read(3), s.readline(), list(s), s.tell(), s.seek(0), s.write("J"), s.getvalue())
print(io.StringIO("a\r\nb\rc\n").read(), repr(io.StringIO("a\r\nb\rc\n", newline=None).read()), list(io.StringIO("a\r\nb\rc\n", newline="")))
s = io.StringIO(newline="\r\n")
s.write("x\ny\n")
print(repr(s.getvalue()))


class Raw(io.RawIOBase):
    def __init__(self, data):
        self.data, self.out = data, []

    def readable(self):
        return True

    def writable(self):
        return True

    def readinto(self, b):
        n = min(len(b), 3, len(self.data))
        b[:n] = self.data[:n]
        self.data = self.data[n:]
        return n

    def write(self, b):
        self.out.append(bytes(b))
        return len(b)


print(io.BufferedReader(Raw(b"abcdefgh")).read(5), Raw(b"abcdef").read(), Raw(b"ab\ncd").readline(), list(Raw(b"1\n2\n3")))
t = io.TextIOWrapper(io.BufferedReader(Raw("äöü\nxyz".encode())), encoding="utf-8")
print(t.readline(), t.read(2), t.read())
r = Raw(b"")
w = io.BufferedWriter(r, 4)
print(w.write(b"ab"), r.out, w.write(b"cdefghijk"), r.out, w.flush(), r.out)
pair = io.BufferedRWPair(Raw(b"in"), r)
print(pair.read(), pair.write(b"out"), pair.flush(), r.out[-1])
t = io.TextIOWrapper(io.BytesIO(), encoding="ascii", errors="xmlcharrefreplace", newline="\r\n", write_through=True)
t.write("ä\n")
print(t.buffer.getvalue(), t.errors, t.line_buffering)
raw = t.detach()
print(type(raw).__name__)
try:
    t.read()
except ValueError as e:
    print(e)
d = io.IncrementalNewlineDecoder(None, translate=True)
print(repr(d.decode("a\r")), repr(d.decode("\nb\r", final=True)), d.newlines)
print(io.UnsupportedOperation.__mro__[1:3], io.DEFAULT_BUFFER_SIZE, isinstance(raw, io.BufferedIOBase), isinstance(t, io.TextIOBase))
