x = "global"
class A:
    y = x
    x = "class"
    z = x
    def method(self):
        return x
    listed = [x for _ in range(1)]
print(A.y, A.z, A().method(), A.listed)

def f():
    x = "function"
    class B:
        seen = x
        x = "own"
        after = x
        def m(self):
            return x
    return B
B = f()
print(B.seen, B.after, B().m())

def g():
    v = 1
    class C:
        nonlocal v
        v += 10
        def get(self):
            return v
    return C().get(), v
print(g())

class Private:
    __hidden = 1
    def __init__(self):
        self.__x = 2
    def get(self):
        return self.__x, self.__hidden, Private.__hidden
    def __m(self): return "mangled"
    def call(self): return self.__m()
    class _Inner:
        __deep = 3
p = Private()
print(p.get(), sorted(k for k in vars(p)), p._Private__hidden, p.call())
print([k for k in vars(Private._Inner) if "deep" in k])

class Base:
    def who(self): return "base"
class Derived(Base):
    def who(self):
        return "derived+" + super().who() + " " + __class__.__name__
    @classmethod
    def make(cls):
        return super().__new__(cls)
    def nested(self):
        return [super(Derived, self).who() for _ in range(1)]
print(Derived().who(), type(Derived.make()).__name__, Derived().nested())
def name_error():
    class D:
        try:
            print(undefined_thing)
        except NameError as e:
            print(e)
name_error()
