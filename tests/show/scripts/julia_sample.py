"""Julia canvas - one plain function per pixel, native code, every core."""
from viz import *

img = Image(1280, 720)


def julia(x: float, y: float, cr: float, ci: float, zoom: float) -> Color:
    zr = (x / 1280.0 - 0.5) * 3.2 / zoom
    zi = (y / 720.0 - 0.5) * 1.8 / zoom
    n = 0
    while n < 96 and zr * zr + zi * zi < 16.0:
        zr, zi = zr * zr - zi * zi + cr, 2.0 * zr * zi + ci
        n += 1
    if n == 96:
        return rgb(0.0, 0.0, 0.0)
    return hsv(0.6 + n / 96.0, 0.75, sqrt(n / 96.0))


def draw() -> None:
    a = clock.t * 0.21
    c = 0.7885 + 0.02 * (audio.bass_att - 1.0)
    img.map(julia, c * cos(a), c * sin(a), 1.0 + 0.2 * audio.mid_att)
    image(img, 0, 0, canvas.width, canvas.height)
