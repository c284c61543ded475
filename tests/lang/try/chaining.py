import sys
def show(e):
    print(type(e).__name__, e, "| cause", repr(e.__cause__), "| context", repr(e.__context__), "| suppress", e.__suppress_context__)
try:
    try:
        1 / 0
    except ZeroDivisionError:
        raise ValueError("second")
except ValueError as e:
    show(e)
try:
    try:
        1 / 0
    except ZeroDivisionError as z:
        raise ValueError("second") from z
except ValueError as e:
    show(e)
try:
    try:
        1 / 0
    except ZeroDivisionError:
        raise ValueError("second") from None
except ValueError as e:
    show(e)
try:
    try:
        raise KeyError("a")
    finally:
        {}["b"]
except KeyError as e:
    show(e)
print(sys.exc_info())
def handler():
    try:
        raise ValueError("inner")
    except ValueError:
        try:
            raise KeyError("k")
        except KeyError:
            print(sys.exc_info()[0].__name__)
        print(sys.exc_info()[0].__name__)
    print(sys.exc_info()[0])
handler()
def gen():
    try:
        yield sys.exc_info()[0]
        raise TypeError
    except TypeError:
        yield sys.exc_info()[0]
    yield sys.exc_info()[0]
try:
    raise OSError
except OSError:
    print(list(gen()))
    print(sys.exc_info()[0])
class Bad(Exception):
    def __init__(self): raise RuntimeError("in init")
try:
    raise Bad
except RuntimeError as e:
    print(e)
try:
    raise 42
except TypeError as e:
    print(e)
try:
    raise ValueError from 42
except TypeError as e:
    print(e)
try:
    try:
        raise ValueError
    except 42:
        pass
except TypeError as e:
    print(e)
