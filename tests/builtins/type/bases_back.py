"""Bases that are refused in the end: meanwhile the class that it stood below was to be put below it. (CPython 3.11 allows that and crashes.)"""
# expect: a __bases__ item causes an inheritance cycle
# expect: no
# expect: (<class '__main__.X'>, <class '__main__.P'>, <class '__main__.R'>, <class 'object'>) 5 5


class Late(type):
    ready = False

    def mro(cls):
        if Late.ready and cls.__name__ == "S":
            Late.ready = False
            try:
                LP.__bases__ = (LX,)
            except TypeError as e:
                print(e)
            raise ValueError("no")
        return type.mro(cls)


LR = Late("R", (), {})
LY = Late("Y", (LR,), {})
LP = Late("P", (LR,), {})
LX = Late("X", (LP,), {})
LS = Late("S", (LX,), {})
Late.ready = True
try:
    LX.__bases__ = (LY,)
except ValueError as e:
    print(e)
LP.__bases__ = (LR,)
LX.__bases__ = (LP,)
LR.tag = 5
print(LX.__mro__, LX.tag, LS.tag)
