# subprocess: pipes, exit statuses, failures, timeouts, environment, working folder.
import os, subprocess, sys

print(subprocess.run(["echo", "hi"], capture_output=True))
print(subprocess.run("cat; echo err >&2; exit 3", shell=True, input=b"in", capture_output=True))
print(subprocess.run(["sh", "-c", "kill -9 $$"]).returncode)
for args, kw in (((["/nonexistent"],), {}), ((["ls"],), {"cwd": "/nonexistent"}), ((["/etc/passwd"],), {})):
    try:
        subprocess.run(*args, **kw)
    except OSError as e:
        print(type(e).__name__, e.errno, e.filename)
try:
    subprocess.run(["sleep", "5"], timeout=0.05)
except subprocess.TimeoutExpired as e:
    print(e.cmd, type(e).__name__)
try:
    subprocess.check_call(["false"])
except subprocess.CalledProcessError as e:
    print(e)
p = subprocess.Popen(["cat"], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
data = b"0123456789" * 30000
print(p.communicate(data)[0] == data, p.returncode)
os.environ["RP_TEST"] = "5"
sys.stdout.flush()
print(os.system("echo $RP_TEST; exit 2"), subprocess.getoutput("echo $RP_TEST"), subprocess.getstatusoutput("exit 7"))
print(subprocess.check_output(["sh", "-c", "pwd; echo $A"], cwd="/", env={"A": "only"}, text=True).split())
r, w = os.pipe()
os.set_inheritable(w, True)
subprocess.run(["sh", "-c", "echo through >&%d" % w], pass_fds=(w,))
os.close(w)
print(os.read(r, 100), subprocess.run(["sh", "-c", "echo x >&%d" % r], stderr=subprocess.DEVNULL).returncode != 0)
p = subprocess.Popen(["sleep", "10"], start_new_session=True)
print(os.getsid(p.pid) == p.pid, p.poll())
p.terminate()
print(p.wait(), os.popen("echo popen").read())
with subprocess.Popen(["tr", "a-z", "A-Z"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1) as p:
    p.stdin.write("line\n")
    p.stdin.close()
    print(p.stdout.readline())
