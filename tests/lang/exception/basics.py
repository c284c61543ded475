# Raising, chaining, attributes of exceptions.
try:
    try:
        1 / 0
    except ZeroDivisionError as e:
        raise ValueError("outer") from e
except ValueError as e:
    print(repr(e), repr(e.__cause__), e.__suppress_context__, e.__context__ is e.__cause__)
try:
    try:
        {}["k"]
    except KeyError:
        raise RuntimeError("second")
except RuntimeError as e:
    print(repr(e.__context__), str(e.__context__), e.__cause__)
e = OSError(2, "No such file", "f.txt")
print(type(e).__name__, e.errno, e.strerror, e.filename, e, repr(e))
print(repr(OSError("x")), OSError(13, "p").__class__, OSError(1, "a", "b", None, "c"))
e = SyntaxError("bad", ("f.py", 3, 5, "text"))
print(e, e.msg, e.lineno, e.offset, e.text, e.filename)
e = ImportError("m", name="n", path="p")
print(e, e.name, e.path, repr(e))
print(StopIteration(5).value, StopIteration().value, SystemExit(3).code, SystemExit().code, SystemExit(1, 2).code)
e = UnicodeDecodeError("utf-8", b"ab\xff", 2, 3, "invalid start byte")
print(e, e.start, e.object)
print(UnicodeEncodeError("ascii", "a\xe9", 1, 2, "ordinal not in range(128)"))
e = ValueError(1, 2)
e.add_note("n1"); e.add_note("n2")
print(e.args, e.__notes__, repr(e), str(e))
print(repr(ValueError()), repr(KeyError("a")), str(KeyError("a")), repr(Exception("it's")))
class My(Exception):
    def __init__(self, a, b=2):
        super().__init__(a)
        self.b = b
m = My(1)
print(m.args, m.b, m.__dict__, repr(m))
try:
    raise My
except TypeError as ex:
    print(ex)
try:
    raise 5
except TypeError as ex:
    print(ex)
try:
    raise ValueError from 5
except TypeError as ex:
    print(ex)
try:
    ValueError(x=1)
except TypeError as ex:
    print(ex)
def f():
    try:
        return "try"
    finally:
        print("finally")
print(f())
try:
    try:
        raise KeyError(1)
    except ValueError:
        pass
    else:
        print("no")
    finally:
        print("fin")
except (IndexError, KeyError) as ex:
    print("caught", ex)
import sys
print(sys.exc_info(), sys.exception())
try:
    raise ValueError("v")
except ValueError:
    print(sys.exc_info()[0], sys.exception())
try:
    undefined_thing
except NameError as ex:
    print(ex, ex.name)
def g():
    print(loc)
    loc = 1
try:
    g()
except UnboundLocalError as ex:
    print(ex)
x = ValueError("tb").with_traceback(None)
print(x.__traceback__)
