"""Channel, the sending half: paints waves into an Image on all cores and sends it to channel_viewer.py, another script in another context.

    replicant show channel_viewer.py channel_painter.py

Notice: sending an Image copies no pixels, and a viewer that is not there, or slow, never holds this script up: try_put() says False, and the picture is dropped.
"""
from replicant import channel
from viz import *

pictures = channel("pictures", 2)
img = Image(160, 90)


def wave(x: float, y: float, t: float) -> Color:
    v = sin(x * 0.08 + t) + sin(y * 0.11 - t * 0.7) + sin((x + y) * 0.05 + t * 0.3)
    return hsv(0.55 + v * 0.08, 0.7, 0.35 + 0.2 * v * v / 3)


def draw() -> None:
    img.map(wave, clock.t)
    pictures.try_put({"frame": clock.frame, "img": img})
    background(0, 0, 0, 0)
    fill(1.0)
    text(f"painted {clock.frame}", 12, canvas.height - 12)
