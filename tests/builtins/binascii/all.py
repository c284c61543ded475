import binascii, base64
def show(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__, e)

for d in (b"", b"a", b"ab", b"abc", bytes(range(20)), b"\xff" * 7):
    e = binascii.b2a_base64(d); print(e, binascii.a2b_base64(e) == d, binascii.hexlify(d), binascii.unhexlify(binascii.hexlify(d)) == d, binascii.crc32(d), binascii.crc_hqx(d, 0), binascii.b2a_uu(d), binascii.a2b_uu(binascii.b2a_uu(d)) == d)
    print(base64.b64encode(d), base64.urlsafe_b64encode(d), base64.b32encode(d), base64.b85encode(d), base64.b16encode(d))
print(binascii.b2a_base64(b"x", newline=False), binascii.hexlify(b"abcd", "-", 2), binascii.a2b_hex("616263"), binascii.crc32(b"b", binascii.crc32(b"a")) == binascii.crc32(b"ab"))
print(binascii.b2a_qp(b"a=b\t \nlong" + b"x" * 80 + b"\xff."), binascii.a2b_qp(b"a=3Db=\nc=20_"), binascii.a2b_qp(b"_", header=True), binascii.b2a_qp(b"a b_c", header=True), binascii.b2a_qp(b"a\tb c", quotetabs=True))
for f in (lambda: binascii.unhexlify("abc"), lambda: binascii.unhexlify("zz"), lambda: binascii.a2b_base64("a"), lambda: binascii.a2b_base64("abc"), lambda: binascii.a2b_base64("ab=c", strict_mode=True), lambda: binascii.a2b_base64("a!b=", strict_mode=True), lambda: binascii.a2b_base64("YQ==x", strict_mode=True), lambda: binascii.unhexlify("é"), lambda: binascii.hexlify("a"), lambda: binascii.unhexlify(5), lambda: binascii.b2a_uu(bytes(50))):
    show(f)
print(binascii.Error.__mro__[1].__name__, base64.b64decode("YWJj\nZA=="))
