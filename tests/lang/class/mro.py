# C3 linearisation, conflicts, super() along diamonds.
class A:
    def f(self): return ["A"]
class B(A):
    def f(self): return ["B"] + super().f()
class C(A):
    def f(self): return ["C"] + super().f()
class D(B, C):
    def f(self): return ["D"] + super().f()
print([c.__name__ for c in D.__mro__], D().f())
class X: pass
class Y: pass
class XY(X, Y): pass
class YX(Y, X): pass
try:
    class Z(XY, YX): pass
except TypeError as e:
    print(e)
try:
    class Dup(X, X): pass
except TypeError as e:
    print(e)
try:
    class L(int, str): pass
except TypeError as e:
    print(e)
try:
    class N(bool): pass
except TypeError as e:
    print(e)
print(D.mro() == list(D.__mro__), A.__subclasses__(), D.__bases__, D.__base__)
class M(type):
    def mro(cls): return type.mro(cls)[::-1][1:] + [object] if False else type.mro(cls)
class W(metaclass=M): pass
print(type(W), W.__mro__)
class M2(type): pass
try:
    class V(W, metaclass=M2): pass
except TypeError as e:
    print(e)
