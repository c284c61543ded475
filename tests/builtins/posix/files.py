# Files and folders through os, shutil, tempfile, pathlib and glob.
import glob, os, pathlib, shutil, stat, tempfile

top = tempfile.mkdtemp()
os.chdir(top)
os.makedirs("a/b/c")
for name in ("a/1.txt", "a/b/2.txt", "a/b/c/3.dat", "x.txt"):
    with open(name, "w") as f:
        f.write(name)
os.symlink("x.txt", "link")
os.symlink("a", "folder")
os.link("x.txt", "hard")
print(os.readlink("link"), os.stat("hard").st_nlink, os.path.islink("link"), os.path.realpath("link") == os.path.realpath("x.txt"))
with os.scandir() as it:
    for e in sorted(it, key=lambda e: e.name):
        print(e.name, e.path, e, e.is_dir(), e.is_dir(follow_symlinks=False), e.is_file(), e.is_symlink(), e.stat().st_size if e.is_file() else None, os.fspath(e))
with os.scandir(b"a") as it:
    print(sorted(e.path for e in it), next(it, "end"))
print([e.inode() == os.lstat(e.path).st_ino for e in os.scandir("a")])
for root, folders, files in os.walk("."):
    print(root, sorted(folders), sorted(files))
print(sorted(glob.glob("**/*.txt", recursive=True)), sorted(str(p) for p in pathlib.Path(".").rglob("*.txt")))
os.chmod("x.txt", 0o640)
print(stat.filemode(os.stat("x.txt").st_mode), oct(os.stat("x.txt").st_mode & 0o777))
os.utime("x.txt", (1000, 2000.5))
print(os.stat("x.txt").st_atime, os.stat("x.txt").st_mtime, os.stat("x.txt").st_mtime_ns)
os.utime("x.txt", ns=(5, -7))
print(os.stat("x.txt").st_atime_ns, os.stat("x.txt").st_mtime_ns)
os.truncate("x.txt", 2)
print(open("x.txt").read(), shutil.copy2("x.txt", "y.txt"), os.stat("y.txt").st_mtime_ns == os.stat("x.txt").st_mtime_ns, shutil.copytree("a", "z"), sorted(os.listdir("z")))
shutil.move("z", "w")
print(os.path.exists("z"), sorted(os.listdir("w/b")))
shutil.rmtree("w")
shutil.rmtree("nowhere", ignore_errors=True)
print(os.path.exists("w"), sorted(os.listdir()))
fd = os.open("new", os.O_RDWR | os.O_CREAT, 0o600)
print(os.write(fd, bytearray(b"hello world")), os.lseek(fd, 6, os.SEEK_SET), os.read(fd, 100), os.pread(fd, 3, 1), os.pwrite(fd, b"J", 0), os.get_inheritable(fd))
copy = os.dup(fd)
os.ftruncate(copy, 5)
os.close(fd)
print(os.fstat(copy).st_size)
os.close(copy)
r, w = os.pipe()
os.set_blocking(r, False)
try:
    os.read(r, 1)
except BlockingIOError as e:
    print(type(e).__name__, e.errno)
with os.fdopen(w, "w") as f:
    f.write("piped")
print(os.read(r, 10), os.read(r, 10))
os.close(r)
for f in (lambda: os.mkdir("a"), lambda: os.rmdir("nope"), lambda: os.rename("nope", "b"), lambda: os.symlink("q", "link"), lambda: os.stat(1.5),
          lambda: os.listdir("x.txt"), lambda: os.unlink(3), lambda: os.open("a\0b", 0), lambda: os.close(9999), lambda: os.scandir("nope"), lambda: os.fspath(3),
          lambda: os.utime("x.txt", (1, 2), ns=(1, 2)), lambda: os.readlink("x.txt")):
    try:
        print(f())
    except (OSError, TypeError, ValueError) as e:
        print(type(e).__name__, e, getattr(e, "filename", None), getattr(e, "filename2", None))
with tempfile.TemporaryDirectory() as d:
    with tempfile.NamedTemporaryFile(dir=d) as f:
        f.write(b"abc")
        f.flush()
        print(os.path.getsize(f.name), os.path.dirname(f.name) == d)
    print(os.listdir(d))
print(os.path.exists(d))
with tempfile.TemporaryFile("w+") as f:
    print(f.write("x"), f.seek(0), f.read())
with tempfile.SpooledTemporaryFile(10) as f:
    f.write(b"0" * 20)
    f.seek(0)
    print(len(f.read()))
print(os.path.samefile("x.txt", "hard"), shutil.disk_usage(".").total > 0, os.statvfs(".").f_namemax > 0, os.access("x.txt", os.R_OK), os.umask(0o022) >= 0)
os.chdir("/")
shutil.rmtree(top)
print(os.path.exists(top), os.terminal_size((80, 24)), shutil.get_terminal_size((7, 3)) is not None)
print(os.uname().sysname, len(os.times()), os.getpid() > 0, os.cpu_count() == os.sysconf("SC_NPROCESSORS_ONLN"), os.WEXITSTATUS(256), os.waitstatus_to_exitcode(9))
