# Threads of a process would stand still in its copy. hasattr says no, which the standard library takes for an answer; a call says why.
# expect: False False
# expect: module 'os' has no attribute 'fork': threads of this process would stand still in the copy; start programs with subprocess
# expect: module 'os' has no attribute 'nothing'
# expect: b'child\n'
# expect: multiprocessing socketserver pty
import logging
import multiprocessing
import os
import pty
import random
import socketserver
import subprocess

print(hasattr(os, "fork"), hasattr(os, "forkpty"))
for name in ("fork", "nothing"):
    try:
        getattr(os, name)()
    except AttributeError as e:
        print(e)
print(subprocess.run(["echo", "child"], capture_output=True).stdout)
print(multiprocessing.__name__, socketserver.__name__, pty.__name__)
