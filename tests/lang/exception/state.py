"""BaseException.__setstate__: attributes by name; whatever else it is given raises."""

e = ValueError(1)
print(e.__setstate__(None), e.__setstate__({"note": 2, "args": (3,)}), e.note, e.args)
for state in ({1: 2}, {"ok": 1, None: 2}, [("a", 1)], 3, "ab", {b"x": 1}):
    try:
        print(e.__setstate__(state))
    except TypeError as error:
        print(error)
print(e.ok)


class Shut(Exception):
    __slots__ = ()

    def __setattr__(self, name, value):
        raise RuntimeError(name)


try:
    Shut().__setstate__({"x": 1})
except RuntimeError as error:
    print(repr(error))
