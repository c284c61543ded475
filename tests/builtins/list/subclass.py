class L(list):
    def __init__(self, *a): super().__init__(*a); self.tag = 'x'
    def __getitem__(self, i): return 'got' if i == 0 else super().__getitem__(i)
l = L([1, 2, 3])
print(l, l[0], l[1], l.tag, len(l), type(l[0:2]), type(l + [1]), type(l * 2), type(l.copy()), l == [1, 2, 3], isinstance(l, list))
l.append(4); l.tag = 'y'; print(list(l), l.tag, l.__dict__)
class T(tuple):
    def __new__(cls, *a): return super().__new__(cls, a)
    def first(self): return self[0]
t = T(1, 2); print(t, t.first(), t == (1, 2), hash(t) == hash((1, 2)), type(t + (3,)), type(t[:]), t is tuple(t))
t.name = 'n'; print(t.name, t.__dict__)
print(list.__class_getitem__(int) if False else list[int], tuple[int, ...], dict[str, int])
