"""Julia canvas - one plain function per pixel, native code, every core.

What to notice: the constant c walks around a circle; where it crosses the edge of the Mandelbrot set the picture breaks into dust and
grows together again. Bass widens the circle, the middle of the spectrum zooms.
"""
from viz import *

START = 2.6  # angle of c in the first frame: a full picture

img = Image(1280, 720)


def julia(x: float, y: float, cr: float, ci: float, zoom: float) -> Color:
    zr = (x / 1280.0 - 0.5) * 3.2 / zoom
    zi = (y / 720.0 - 0.5) * 1.8 / zoom
    n = 0
    while n < 160 and zr * zr + zi * zi < 64.0:
        zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
        n += 1
    if n == 160:
        return rgb(0.02, 0.0, 0.05)
    smooth = n + 1.0 - log2(log2(zr * zr + zi * zi) * 0.5)  # without the steps of whole numbers
    light = sqrt(clamp(smooth / 60.0))
    return hsv(0.62 + 0.5 * light, 0.8 - 0.45 * light, 0.16 + 0.84 * light)


def draw() -> None:
    a = START + clock.t * 0.11
    c = 0.7885 + 0.02 * (audio.bass_att - 1.0)
    img.map(julia, c * cos(a), c * sin(a), 1.0 + 0.2 * audio.mid_att)
    image(img, 0, 0, canvas.width, canvas.height)
