def f(c):
    if c:
        x = 1
    print(x)
    del x
    try:
        y = c()
    except E:
        pass
    return y, x
