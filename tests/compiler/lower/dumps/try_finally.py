def f(x):
    for i in x:
        try:
            g(i)
        except (A, B) as e:
            continue
        finally:
            h()
    return i
