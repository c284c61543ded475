# Every algorithm, lengths around block borders, copy, keyed BLAKE2, HMAC.
import hashlib, hmac

for name in sorted(hashlib.algorithms_guaranteed):
    extra = (20,) if name.startswith("shake") else ()
    for n in (0, 1, 55, 56, 64, 71, 72, 111, 112, 127, 128, 129, 135, 136, 168, 1000):
        h = hashlib.new(name, usedforsecurity=True)
        h.update(bytes(i & 255 for i in range(n)))
        print(name, n, h.hexdigest(*extra), h.digest_size, h.block_size)
h = hashlib.sha256(b"a")
c = h.copy()
h.update(b"b")
print(c.hexdigest() == hashlib.sha256(b"a").hexdigest(), h.digest() == hashlib.sha256(b"ab").digest())
print(hashlib.blake2b(b"data", key=b"k", digest_size=16, salt=b"salt", person=b"me").hexdigest())
print(hashlib.blake2s(b"data", key=b"k" * 32).hexdigest())
print(hmac.new(b"key", b"message", "sha256").hexdigest())
try:
    hashlib.md5("text")
except TypeError as e:
    print(e)
