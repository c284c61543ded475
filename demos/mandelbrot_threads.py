"""Mandelbrot with plain threads: the standard library's `threading`, nothing else. Writes mandelbrot.ppm.

    replicant demos/mandelbrot_threads.py [THREADS [WIDTH [HEIGHT [FILE]]]]

What to notice: all threads run Python at once. Under CPython the same file gives the same picture, one thread at a time.
"""
import sys
import threading
import time

LIMIT = 200


def colour(n):
    if n == LIMIT:
        return 0, 0, 0
    return n * 9 % 256, n * 5 % 256, 80 + n * 3 % 176


def escape(cr, ci):
    """How many steps until z = z*z + c leaves the circle of radius 2."""
    zr = zi = 0.0
    for n in range(LIMIT):
        rr = zr * zr
        ii = zi * zi
        if rr + ii > 4.0:
            return n
        zi = 2.0 * zr * zi + ci
        zr = rr - ii + cr
    return LIMIT


def render_rows(pixels, todo, width, height):
    """Takes rows until none is left; each thread writes rows of its own, so there is nothing to lock but the list."""
    while True:
        try:
            y = todo.pop()
        except IndexError:
            return
        ci = (y - height / 2) * 2.4 / height
        row = bytearray()
        for x in range(width):
            row += bytes(colour(escape((x - width * 0.7) * 2.4 / height, ci)))
        pixels[y] = row


def main():
    threads, width, height = [int(a) for a in sys.argv[1:4]] + [4, 480, 360][len(sys.argv[1:4]):]
    path = sys.argv[4] if len(sys.argv) > 4 else "mandelbrot.ppm"
    pixels = [None] * height
    todo = list(range(height))
    began = time.perf_counter()
    workers = [threading.Thread(target=render_rows, args=(pixels, todo, width, height)) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    took = time.perf_counter() - began
    with open(path, "wb") as f:
        f.write(b"P6 %d %d 255\n" % (width, height))
        for row in pixels:
            f.write(row)
    print(f"{path}: {width}x{height}, {threads} threads, {took:.2f} s", file=sys.stderr)


if __name__ == "__main__":
    main()
