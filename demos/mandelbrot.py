"""Mandelbrot - an endless zoom: one plain function per pixel, native code, every core.

What to notice: point() is ordinary Python, called for each of 921,600 pixels of each frame. Image.map spreads the rows over all
cores; `--workers 1` shows what one does. Space holds the zoom, the mouse wheel turns it by hand. Change PALETTE or the formula
and save: the next frame shows it.
"""
from viz import *

WIDTH, HEIGHT = 1280, 720
CENTRE = (-0.743643887037151, 0.131825904205330)
DEEPEST = 15.0  # powers of e; beyond it floats run out
PALETTE = 0.58

img = Image(WIDTH, HEIGHT)


class View:
    """Survives every save of this file."""

    def __init__(self) -> None:
        self.depth = 0.0
        self.moving = True


view = keep(View)


def point(x: float, y: float, cx: float, cy: float, step: float, limit: int) -> Color:
    """The colour of one pixel: how soon z = z*z + c leaves the circle of radius 16."""
    cr = cx + (x - 640.0) * step
    ci = cy + (y - 360.0) * step
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


def setup() -> None:
    size(WIDTH, HEIGHT)


def update(dt: float) -> None:
    if view.moving:
        view.depth += 0.35 * dt


def draw() -> None:
    depth = DEEPEST * (0.5 - 0.5 * cos(view.depth * 0.2))  # in, and out again
    step = 3.2 / WIDTH * exp(-depth)
    limit = int(120 + 24 * depth)
    img.map(point, CENTRE[0], CENTRE[1], step, limit)
    image(img, 0, 0, canvas.width, canvas.height)


def key_pressed(key: str) -> None:
    if key == "space":
        view.moving = not view.moving


def mouse_wheel(dx: float, dy: float) -> None:
    view.depth += 0.2 * dy
