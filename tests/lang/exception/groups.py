eg = ExceptionGroup("m", [ValueError(1), TypeError(2), ExceptionGroup("in", [ValueError(3), KeyError(4)])])
print(eg, repr(eg), eg.message, eg.exceptions)
m, r = eg.split(ValueError)
print(repr(m), "|", repr(r))
print(repr(eg.subgroup(KeyError)), eg.subgroup(OSError))
print(repr(eg.subgroup(lambda e: isinstance(e, (KeyError, ExceptionGroup)))))
try:
    try:
        raise eg
    except* ValueError as g:
        print("v", repr(g))
    except* KeyError as g:
        print("k", repr(g))
except ExceptionGroup as rest:
    print("rest", repr(rest))
for args in (("m", []), (1, [ValueError()]), ("m", [1]), ("m",), ("m", 5)):
    try:
        ExceptionGroup(*args)
    except Exception as e:
        print(type(e).__name__, e)
print(type(BaseExceptionGroup("b", [ValueError()])).__name__, type(BaseExceptionGroup("b", [KeyboardInterrupt()])).__name__)
print(ExceptionGroup.__mro__, issubclass(ExceptionGroup, Exception))
class G(ExceptionGroup):
    def derive(self, excs): return G(self.message, excs)
g = G("g", [ValueError(1), OSError(2)])
g.add_note("note")
a, b = g.split(ValueError)
print(type(a).__name__, type(b).__name__, a.__notes__)
