"""A layer that hangs in its 60th frame: its budget stops it, the others never notice."""
from viz import *

frame = 0


def draw():
    global frame
    frame += 1
    if frame == 60:
        while True:
            pass
