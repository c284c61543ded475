# The frame of demos/mandelbrot.py, a quarter of it: Image.map of one Python function per pixel.
from measure import repeat
from viz import *

WIDTH, HEIGHT, FRAMES = 640, 360, 4
PALETTE = 0.58
img = Image(WIDTH, HEIGHT)


def point(x: float, y: float, cx: float, cy: float, step: float, limit: int) -> Color:
    cr = cx + (x - 320.0) * step
    ci = cy + (y - 180.0) * step
    zr = zi = 0.0
    n = 0
    while n < limit:
        rr = zr * zr
        ii = zi * zi
        if rr + ii > 256.0:
            break
        zi = 2.0 * zr * zi + ci
        zr = rr - ii + cr
        n += 1
    if n == limit:
        return rgb(0.0, 0.0, 0.02)
    smooth = n + 1.0 - log2(log2(zr * zr + zi * zi) * 0.5)
    wave = 0.5 + 0.5 * cos(smooth * 0.14)
    return hsv(PALETTE + 0.012 * smooth, 0.45 + 0.4 * wave, clamp(0.35 + 0.65 * wave, 0.0, 1.0))


def frames():
    for k in range(FRAMES):
        img.map(point, -0.743643887037151, 0.131825904205330, 3.2 / WIDTH, 120)
    return sum(round(img.get(x, y).g * 255) for x in range(5, WIDTH, 40) for y in range(5, HEIGHT, 40))


repeat("mandel_image", frames)
