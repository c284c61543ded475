class Point:
    __match_args__ = ("x", "y")
    def __init__(self, x, y): self.x, self.y = x, y
    def __repr__(self): return f"Point({self.x}, {self.y})"
class Colour:
    RED = "r"
def m(v):
    match v:
        case None: return "none"
        case True: return "true"
        case 0 | 1: return "bit"
        case -1: return "minus"
        case 2 + 3j: return "complex"
        case "a" "b": return "str"
        case b"x": return "bytes"
        case Colour.RED: return "red"
        case int(n) if n > 100: return f"big {n}"
        case int() | float() as num: return f"num {num}"
        case str() as s if len(s) > 5: return "long " + s
        case []: return "empty"
        case [x]: return f"one {x}"
        case (1, 2, *rest): return f"12 {rest}"
        case [first, *_, last] if first == last: return f"ends {first}"
        case [[a, b], c]: return f"nested {a} {b} {c}"
        case {"type": "circle", "r": r}: return f"circle {r}"
        case {"k": [a, *_], **rest}: return f"map {a} {rest}"
        case {}: return "mapping"
        case Point(0, 0): return "origin"
        case Point(x=0, y=yy): return f"y axis {yy}"
        case Point(xx, yy) if xx == yy: return f"diagonal {xx}"
        case Point(): return "point"
        case (Point(x=p) | [p, _, _]): return f"or {p}"
        case other: return f"other {other!r}"
for v in (None, True, 0, 1, False, -1, 2 + 3j, "ab", b"x", "r", 101, 7, 2.5, "abcdef", "zz", [], [9], (), (1, 2), [1, 2, 3, 4], (5, 6, 5), [[1, 2], 3],
          {"type": "circle", "r": 2}, {"k": [1, 2], "z": 3}, {}, {"q": 1}, Point(0, 0), Point(0, 5), Point(3, 3), Point(1, 2), [7, 8, 9], {1, 2}, "abc"):
    print(repr(v), "->", m(v))
def swap(p):
    match p:
        case (a, b):
            pass
        case _:
            return None
    return b, a
print(swap((1, 2)), swap(3))
def late(x):
    match x:
        case x, 1: return "first", x
        case x, 2: return "second", x
        case x: return "whole", x
print(late((5, 1)), late((5, 2)), late(8))
match 3:
    case n if n > 5: print("no")
    case n if n > 1: print("guard", n)
print(n)
class Sub(dict): pass
match Sub(a=1):
    case {"a": v}: print("sub", v)
match [1, [2, [3, {"k": (4, 5)}]]]:
    case [a, [b, [c, {"k": (d, e)}]]]: print(a, b, c, d, e)
match range(3):
    case [0, 1, 2]: print("range")
match "abc":
    case [*_]: print("no, strings are not sequences")
    case _: print("not a sequence")
try:
    match 1:
        case int(a, b): pass
except TypeError as e:
    print(e)
try:
    match Point(1, 2):
        case Point(1, x=1): pass
except TypeError as e:
    print(e)
def unmatched(v):
    match v:
        case 1: return 1
print(unmatched(2))
