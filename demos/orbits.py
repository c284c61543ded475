"""Orbits - 2D immediate mode. Runs at 60 Hz with nothing but draw()."""
from viz import *


def setup() -> None:
    size(1280, 720)


def draw() -> None:
    background(0.05)
    no_stroke()
    with pushed():
        translate(canvas.width / 2, canvas.height / 2)
        for i in range(240):
            a = i * 0.1 + clock.t * 0.7
            r = 40 + i * 1.3 + 18 * sin(clock.t + i * 0.2)
            fill(hsv(i / 240 + clock.t * 0.05, 0.7, 1.0))
            circle(r * cos(a), r * sin(a), 3 + 4 * noise(i * 0.1, clock.t))
    if mouse.down:
        stroke(1.0)
        line(canvas.width / 2, canvas.height / 2, mouse.x, mouse.y)


def mouse_pressed(x: float, y: float, button: str) -> None:
    print(f"clicked {x:.0f},{y:.0f} with {button}")
