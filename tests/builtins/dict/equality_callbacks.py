# __eq__ and __hash__ of keys are called as often as needed, may raise, may change the dict.
class K:
    def __init__(self, v, log): self.v, self.log = v, log
    def __hash__(self): return 7
    def __eq__(self, o): self.log.append((self.v, getattr(o, 'v', o))); return self.v == getattr(o, 'v', o)
log = []
d = {K(1, log): 'one', K(2, log): 'two'}
print(len(log)); log.clear()
print(d[K(2, log)], len(log) > 0, d.get(K(3, log)), 7 in d)
class Bad:
    def __hash__(self): return 7
    def __eq__(self, o): raise ValueError('eq')
for f in (lambda: d[Bad()], lambda: d.__setitem__(Bad(), 1), lambda: Bad() in d, lambda: d.pop(Bad()), lambda: d.setdefault(Bad(), 1)):
    try: print(f())
    except ValueError as e: print('ValueError', e)
class NoHash:
    def __hash__(self): raise TypeError('no hash today')
try: d[NoHash()]
except TypeError as e: print(e)
class Clear:
    def __init__(self, d): self.d = d
    def __hash__(self): return 9
    def __eq__(self, o): self.d.clear(); return False
d = {}
d[Clear(d)] = 1
d[Clear(d)] = 2
print(len(d))
class S(str):
    def __eq__(self, o): return False
    __hash__ = str.__hash__
print({S('a'): 1}.get('a'), {'a': 1}.get(S('a')), S('a') in {'a'})
class H:
    def __hash__(self): return hash('key')
    def __eq__(self, o): return o == 'key'
d = {H(): 'H'}; print(d['key']); d['key'] = 'replaced'; print(len(d), list(d.values()))
