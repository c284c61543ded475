# Coroutines driven by hand: no event loop needed.
class Step:
    def __init__(self, v): self.v = v
    def __await__(self):
        got = yield self.v
        return got
def drive(coro, sends=()):
    out, sends = [], list(sends)
    try:
        out.append(coro.send(None))
        while True:
            out.append(coro.send(sends.pop(0) if sends else None))
    except StopIteration as e:
        return out, e.value
async def f():
    a = await Step(1)
    b = await Step(2)
    return a, b
print(drive(f(), ["x", "y"]))
class CM:
    def __init__(self, n, swallow=False): self.n, self.swallow = n, swallow
    async def __aenter__(self):
        await Step("enter " + self.n)
        return self.n.upper()
    async def __aexit__(self, t, e, tb):
        await Step("exit " + self.n)
        print("aexit", self.n, t and t.__name__)
        return self.swallow
async def g():
    async with CM("a") as a, CM("b") as b:
        print(a, b)
    async with CM("c", True):
        raise ValueError("swallowed")
    return "g"
print(drive(g()))
async def early():
    for i in range(3):
        async with CM(str(i)):
            if i == 0: continue
            return i
print(drive(early()))
class AIter:
    def __init__(self, n): self.n = n
    def __aiter__(self): return self
    async def __anext__(self):
        if self.n == 0: raise StopAsyncIteration
        self.n -= 1
        await Step("next")
        return self.n
async def h():
    seen = []
    async for v in AIter(3):
        if v == 1: continue
        seen.append(v)
    else:
        seen.append("else")
    async for v in AIter(2): break
    return seen, [x async for x in AIter(2)], {x: await Step(x) async for x in AIter(2) if x}, v
print(drive(h()))
async def agen():
    try:
        for i in range(3):
            got = yield i
            if got: print("got", got)
            await Step("inside")
    finally:
        print("agen closed")
async def use():
    out = []
    async for x in agen():
        out.append(x)
    ag = agen()
    out.append(await ag.asend(None))
    out.append(await ag.asend("hello"))
    await ag.aclose()
    out.append([y async for y in (z * 2 async for z in AIter(2))])
    return out
print(drive(use()))
async def failing():
    try:
        await Step("x")
    except KeyError as e:
        return "caught", e.args
c = failing()
c.send(None)
try:
    c.throw(KeyError("thrown"))
except StopIteration as e:
    print(e.value)
async def nested():
    return await f()
print(drive(nested(), [1, 2]))
try:
    drive(_ := (lambda: None)())
except AttributeError as e:
    print("no coroutine")
async def bad(): await 42
try: drive(bad())
except TypeError as e: print(e)
async def badfor():
    async for x in [1]: pass
try: drive(badfor())
except TypeError as e: print(e)
async def badwith():
    async with 1: pass
try: drive(badwith())
except TypeError as e: print(e)
async def lists(): return [await Step(i) for i in range(2)], [x for x in [await Step(9)]]
print(drive(lists(), "abc"))
