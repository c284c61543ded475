# tiers: interp
# (compiling all of the library's code at its first call takes longer than a test may)
# TCP, UDP, Unix sockets, selectors, and asyncio over them.
import asyncio, os, selectors, socket, tempfile, threading

a, b = socket.socketpair()
a.sendall(b"xyz")
print(b.recv(2), b.recv(10, socket.MSG_PEEK), b.recv_into(buf := bytearray(4)), buf, a.family, a.type)
b.settimeout(0.01)
for f in (lambda: b.recv(1), lambda: a.recv(-1), lambda: a.settimeout(-1), lambda: a.bind(3), lambda: socket.inet_aton("x"), lambda: socket.socket(fileno=-1),
          lambda: socket.create_connection(("127.0.0.1", 1)), lambda: socket.socket().connect(("127.0.0.1", 99999)), lambda: socket.socket().connect("x"), lambda: socket.htons(1 << 20)):
    try:
        print(f())
    except Exception as e:
        print(type(e).__name__, e)
a.close()
b.settimeout(None)
print(b.recv(5), b.gettimeout(), a.fileno(), socket.inet_ntoa(b"\x7f\0\0\1"), socket.inet_pton(socket.AF_INET6, "::1")[-1], socket.htons(258))
b.close()
server = socket.create_server(("127.0.0.1", 0))
def serve():
    for _ in range(3):
        c, where = server.accept()
        with c, c.makefile("rwb") as f:
            f.write(f.readline()[::-1])


t = threading.Thread(target=serve)
t.start()
for text in (b"one\n", b"two\n", b"3" * 100000 + b"\n"):
    with socket.create_connection(server.getsockname(), timeout=30) as c:
        c.sendall(text)
        got = b""
        while piece := c.recv(65536):
            got += piece
        print(len(got), got[:4])
t.join()
server.close()
u, v = (socket.socket(socket.AF_INET, socket.SOCK_DGRAM) for _ in range(2))
u.bind(("127.0.0.1", 0))
print(v.sendto(b"datagram", u.getsockname()), u.recvfrom(100)[0], u.getsockopt(socket.SOL_SOCKET, socket.SO_TYPE) == socket.SOCK_DGRAM)
sel = selectors.DefaultSelector()
sel.register(u, selectors.EVENT_READ, "data")
print(sel.select(0), v.sendto(b"x", u.getsockname()), [(k.data, m) for k, m in sel.select(5)])
sel.close()
u.close()
v.close()
with tempfile.TemporaryDirectory() as d:
    s = socket.socket(socket.AF_UNIX)
    s.bind(os.path.join(d, "s"))
    s.listen()
    c = socket.socket(socket.AF_UNIX)
    c.connect(os.path.join(d, "s"))
    p, _ = s.accept()
    p.send(b"unix")
    print(c.recv(10), os.path.basename(c.getpeername()))
    for x in (s, c, p):
        x.close()
print(socket.getaddrinfo("127.0.0.1", 80, type=socket.SOCK_STREAM)[0][4], socket.gethostbyname("127.0.0.1"))


async def echo(reader, writer):
    while line := await reader.readline():
        writer.write(line.upper())
        await writer.drain()
    writer.close()


async def client(port, n):
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    out = []
    for i in range(n):
        writer.write(b"line %d\n" % i)
        out.append(await reader.readline())
    writer.close()
    await writer.wait_closed()
    return out


async def main():
    s = await asyncio.start_server(echo, "127.0.0.1", 0)
    async with s:
        print(await asyncio.gather(*(client(s.sockets[0].getsockname()[1], n) for n in (1, 2, 3))))
    try:
        await asyncio.wait_for(asyncio.Event().wait(), 0.01)
    except asyncio.TimeoutError as e:
        print(type(e).__name__)
    q = asyncio.Queue()
    async with asyncio.TaskGroup() as g:
        g.create_task(q.put(5))
        got = g.create_task(q.get())
    print(got.result(), await asyncio.to_thread(threading.current_thread) is not threading.main_thread())
    p = await asyncio.create_subprocess_exec("cat", stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE)
    print(await p.communicate(b"through cat"), p.returncode)
    try:
        async with asyncio.TaskGroup() as g:
            g.create_task(asyncio.sleep(100))
            raise KeyError("inside")
    except* KeyError as e:
        print(repr(e))


asyncio.run(main())
