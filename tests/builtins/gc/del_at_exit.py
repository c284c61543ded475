class C:
    def __init__(s, n): s.n = n
    def __del__(s): print("del", s.n, type(log), log); 
log = [1]
a = C("a")
b = C("b"); b.self = b
zz = 5
l = [C("in list")]
def f(): pass
f.c = C("on f")
