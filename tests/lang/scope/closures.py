# Cells: shared by closures, one per call, rebinding seen by everyone.
def counter():
    n = 0
    def step(by=1):
        nonlocal n
        n += by
        return n
    def read():
        return n
    return step, read

step, read = counter()
step(); step(5)
print(read(), step.__closure__ is not None, step.__code__.co_freevars)
other, _ = counter()
print(other())

def loop_cells():
    return [lambda: i for i in range(3)]
print([f() for f in loop_cells()])

def loop_defaults():
    return [lambda i=i: i for i in range(3)]
print([f() for f in loop_defaults()])

def deep():
    x = "outer"
    def a():
        def b():
            def c():
                nonlocal x
                x = "from c"
            c()
            return x
        return b()
    return a(), x
print(deep())

def param_cell(p, *args, **kw):
    def get():
        return p, args, kw
    p = p * 2
    return get
print(param_cell(2, 3, k=4)())

def unbound():
    def f():
        return later
    try:
        f()
    except NameError as e:
        print(type(e).__name__, e)
    later = 1
    return f()
print(unbound())

def unbound_local():
    try:
        print(v)
    except UnboundLocalError as e:
        print(e)
    v = 1
    del v
    try:
        v
    except UnboundLocalError as e:
        print(e)
unbound_local()

def own_cell():
    def g():
        return c
    try:
        c
    except UnboundLocalError as e:
        print(e)
    c = 1
    return g()
print(own_cell())
