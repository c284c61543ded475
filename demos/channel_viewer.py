"""Channel, the receiving half: shows what channel_painter.py sends. See there."""
from replicant import channel
from viz import *

pictures = channel("pictures", 2)
last = None


def draw() -> None:
    global last
    background(0.1)
    while (msg := pictures.try_get()) is not None:
        last = msg
    if last:
        image(last["img"], 0, 0, canvas.width, canvas.height)
        fill(1.0)
        text(f"shown {last['frame']}", 12, 24)
