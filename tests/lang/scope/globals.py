x = 1
def read():
    return x
def write():
    global x
    x = 2
def shadow():
    x = 3
    return x
def mixed():
    global y
    y = [x]
    def inner():
        return y, x
    return inner()
print(read(), shadow(), x)
write()
print(x, read())
print(mixed(), y)
def deleter():
    global y
    del y
deleter()
try:
    y
except NameError as e:
    print(e)
def builtin_shadow():
    len = lambda v: "mine"
    return len([])
print(builtin_shadow(), len([]))
def g():
    global made
    def made():
        return "made"
    class Local: pass
    return Local.__qualname__
print(g(), made.__qualname__, made())
exec("z = x + 40", globals())
print(z)
ns = {"x": 7}
exec("def f(): return x\nw = [x for _ in range(2)]", ns)
print(ns["f"](), ns["w"])
print(eval("[x, locals_x]", {"x": 1}, {"locals_x": 2}))
def nested_global():
    x = "local"
    def a():
        global x
        def b():
            return x
        return b()
    return a()
print(nested_global())
