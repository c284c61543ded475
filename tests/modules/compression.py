# tiers: interp
# (compiling all of the library's code at its first call takes longer than a test may)
# zlib, gzip, zipfile.
import gzip, io, zipfile, zlib

d = bytes(range(256)) * 400 + b"tail"
c = zlib.compress(d)
print(len(c), zlib.decompress(c) == d, zlib.compress(b""), zlib.crc32(d), zlib.adler32(d), zlib.crc32(b"more", 17), zlib.crc32(b"a", -1))
print(zlib.decompress(zlib.compress(d, 0)) == d, zlib.compress(d, level=9, wbits=-15)[:8], len(zlib.compress(d, 1)))
o = zlib.compressobj(6, zlib.DEFLATED, 31)
z = o.compress(d[:50000]) + o.flush(zlib.Z_SYNC_FLUSH) + o.compress(d[50000:]) + o.flush()
print(gzip.decompress(z) == d)
i = zlib.decompressobj(31)
out = b""
rest = z + b"behind"
while rest and not i.eof:
    out += i.decompress(rest, 1000)
    rest = i.unconsumed_tail
print(out == d, i.eof, i.unused_data, i.unconsumed_tail, i.flush())
i = zlib.decompressobj()
i.decompress(c[:100])
j = i.copy()
print(i.decompress(c[100:]) == j.decompress(c[100:]), i.eof, j.eof)
o = zlib.compressobj(zdict=b"abcdefgh" * 10)
z = o.compress(b"abcdefgh" * 5) + o.flush()
print(zlib.decompressobj(zdict=b"abcdefgh" * 10).decompress(z))
for f in (lambda: zlib.decompress(b"nonsense"), lambda: zlib.decompress(c[:50]), lambda: zlib.compress("text"), lambda: zlib.compress(b"", 77), lambda: zlib.compressobj(77),
          lambda: zlib.decompressobj().decompress(b"xx"), lambda: zlib.decompressobj().decompress(b"", -1), lambda: zlib.decompressobj().flush(0),
          lambda: zlib.decompress(z), lambda: zlib.crc32("x")):
    try:
        print(f())
    except Exception as e:
        print(type(e), e)
b = io.BytesIO()
with gzip.GzipFile(fileobj=b, mode="wb", mtime=0) as g:
    g.write(d)
b.seek(0)
with gzip.open(b, "rt", encoding="latin-1", newline="") as g:
    print(g.read() == d.decode("latin-1"))
b = io.BytesIO()
with zipfile.ZipFile(b, "w", zipfile.ZIP_DEFLATED) as f:
    f.writestr("a/b.bin", d)
    f.writestr(zipfile.ZipInfo("stored"), b"plain")
with zipfile.ZipFile(b) as f:
    print(f.namelist(), f.read("a/b.bin") == d, f.read("stored"), f.testzip(), f.getinfo("a/b.bin").compress_size < len(d))
