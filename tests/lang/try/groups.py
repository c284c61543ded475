def run(exc):
    try:
        try:
            raise exc
        except* ValueError as e:
            print("ValueError", e.exceptions)
        except* (KeyError, TypeError) as e:
            print("Key/Type", [type(x).__name__ for x in e.exceptions])
        else:
            print("else")
        finally:
            print("finally")
    except BaseException as rest:
        print("rest", repr(rest))
run(ExceptionGroup("g", [ValueError(1), KeyError(2), ValueError(3)]))
run(ExceptionGroup("g", [ValueError(1), OSError(2)]))
run(ValueError("naked"))
run(OSError("other"))
run(ExceptionGroup("g", [ExceptionGroup("n", [TypeError(1), ValueError(2)]), OSError(3)]))
try:
    try:
        raise ExceptionGroup("eg", [ValueError(1), TypeError(2)])
    except* ValueError:
        raise RuntimeError("new")
except ExceptionGroup as e:
    print(e.message, [repr(x) for x in e.exceptions])
try:
    try:
        raise ExceptionGroup("eg", [ValueError(1), TypeError(2)])
    except* ValueError:
        raise
    except* TypeError:
        pass
except ExceptionGroup as e:
    print(repr(e))
def no_error():
    try:
        pass
    except* ValueError:
        print("no")
    else:
        return "else"
print(no_error())
for i in range(2):
    try:
        raise ValueError(i)
    except* ValueError as e:
        for x in e.exceptions:
            if x.args[0]: break
            print("zero")
