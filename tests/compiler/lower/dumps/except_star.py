def f():
    try:
        g()
    except* V as e:
        h(e)
