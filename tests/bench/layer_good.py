"""A layer that says how regularly it is drawn."""
import time
from viz import *

NOTED = 240
last = None
gaps = []


def setup():
    size(320, 180)


def draw():
    global last
    now = time.perf_counter()
    if last is not None:
        gaps.append((now - last) * 1000)
    last = now
    background(0.1)
    fill(1.0, 0.5, 0.0)
    circle(160, 90, 50)
    if len(gaps) == NOTED:
        gaps.sort()
        print("FRAMES %d median_ms %.3f p99_ms %.3f max_ms %.3f" % (NOTED, gaps[NOTED // 2], gaps[NOTED * 99 // 100], gaps[-1]), flush=True)
