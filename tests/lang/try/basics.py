def log(*a): print(*a)
def f(kind):
    try:
        log("try", kind)
        if kind == "value": raise ValueError("v")
        if kind == "key": {}["missing"]
        if kind == "zero": 1 / 0
        if kind == "return": return "returned"
    except ValueError as e:
        log("value", e)
        return "from except"
    except (KeyError, IndexError) as e:
        log(type(e).__name__, e)
    else:
        log("else")
    finally:
        log("finally")
    return "end"
for k in ("none", "value", "key", "return"):
    print(f(k))
try:
    f("zero")
except ZeroDivisionError as e:
    print("outer", e)

def override():
    try:
        return "try"
    finally:
        return "finally"
print(override())
def swallow():
    for i in range(3):
        try:
            1 / 0
        finally:
            continue
    return "swallowed"
print(swallow())
def brk():
    while True:
        try:
            return "no"
        finally:
            break
    return "broke"
print(brk())
def unbind():
    try:
        raise KeyError("k")
    except KeyError as e:
        pass
    try:
        e
    except UnboundLocalError as err:
        print(err)
unbind()
def nested():
    try:
        try:
            raise ValueError(1)
        except TypeError:
            print("no")
        finally:
            print("inner finally")
    except ValueError as e:
        print("outer", e)
        try:
            raise
        except ValueError as again:
            print("again", again is e)
nested()
def value_kept():
    x = 1
    try:
        return x
    finally:
        x = 2
print(value_kept())
def except_returns_name():
    try:
        raise ValueError("kept")
    except ValueError as e:
        return e
print(repr(except_returns_name()))
def bare():
    try:
        raise SystemExit(3)
    except:
        return "bare caught"
print(bare())
try:
    raise
except RuntimeError as e:
    print(e)
