def f(v):
    match v:
        case [1, x, *_] if x:
            return x
        case {"k": y, **r} | Point(y, z=r):
            return y, r
        case None | "s":
            pass
