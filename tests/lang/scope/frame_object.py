# sys._getframe(), f_* attributes while the activation runs and afterwards; frames of generators and tracebacks.
import gc
import sys

def f(a):
    b = 2
    fr = sys._getframe()
    b = 3
    return fr

fr = f(1)
print(sorted(k for k in fr.f_locals if k != "fr"), fr.f_locals["b"], fr.f_code.co_name, sys._getframe().f_lineno)
print(fr.f_globals is globals(), fr.f_back is sys._getframe(), fr.f_trace)
print(type(fr).__name__, fr.f_locals["fr"] is fr)

def outer():
    x = [1]
    def inner():
        back = sys._getframe(1)
        return back.f_locals["x"], back.f_code.co_name, back.f_back.f_code.co_name
    r = inner()
    x = None
    return r
print(outer())

def gen():
    v = ["kept"]
    yield sys._getframe()
    yield v

g = gen()
frame = g.gi_frame
print(frame.f_locals, frame.f_back)
inside = next(g)
print(inside is frame, inside.f_locals, inside.f_back)
del g
gc.collect()
print(frame.f_locals, frame.f_code.co_name)
frame.clear()
print(frame.f_locals)

def run():
    try:
        1 / 0
    except ZeroDivisionError as e:
        return e.__traceback__
tb = run()
print(tb.tb_frame.f_code.co_name, tb.tb_lineno == tb.tb_frame.f_code.co_firstlineno + 2)
try:
    sys._getframe().clear()
except RuntimeError as e:
    print(e)
from collections import namedtuple
print(namedtuple("P", "x y").__module__)
def clear_done():
    t = object()
    return sys._getframe()
fr = clear_done()
print("t" in fr.f_locals)
fr.clear()
print(fr.f_locals)
