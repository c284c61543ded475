def g(n):
    x = yield n
    yield from h(x)
    return [i for i in n if i]
