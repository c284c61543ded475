# contextvars: variables, tokens, contexts, threads.
import contextvars, threading
from contextvars import Context, ContextVar, Token, copy_context

v = ContextVar("v", default=3)
w = ContextVar("w")
print(v.get(), v.get(7), v.name, w.get("d"))
try:
    w.get()
except LookupError as e:
    print(type(e).__name__, e.args == (w,))
t = v.set(4)
print(v.get(), t.var is v, t.old_value is Token.MISSING, Token.MISSING)
c = copy_context()
t2 = v.set(5)
print(v.get(), c[v], t2.old_value, len(c), list(c) == [v], v in c, w in c, c.get(w), c.get(w, 1))
v.reset(t2)
print(v.get())
for f in (lambda: v.reset(t2), lambda: w.reset(t), lambda: v.reset(3), lambda: Token(), lambda: Context(1), lambda: ContextVar(3), lambda: c[3], lambda: c[w],
          lambda: hash(c), lambda: Context().run(), lambda: c.run(c.run, print)):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, str(e).split(" at 0x")[0])


def change(x, *, y):
    v.set(x)
    w.set(y)
    return v.get(), w.get(), len(copy_context())


print(c.run(change, 10, y=20), v.get(), w.get(None), c[v], c[w], sorted(c.values()))
d = c.copy()
print(d == c, d.run(v.set, 1).old_value, d == c, c[v])
def in_thread():
    print(v.get(), len(copy_context()))
    v.set("thread")


th = threading.Thread(target=in_thread)
th.start()
th.join()
print(v.get(), ContextVar[int], repr(v).startswith("<ContextVar name='v' default=3 at 0x"), repr(t2).startswith("<Token used var=<ContextVar name='v'"))


def gen():
    v.set("inside")
    yield v.get()


print(list(Context().run(lambda: list(gen()))), v.get())
