# A queue of a module that was imported again raises that one's Empty.
import queue
import sys

del sys.modules["queue"], sys.modules["_queue"]
import queue as again

for place in (again.SimpleQueue(), again.Queue()):
    try:
        place.get(block=False)
    except again.Empty as e:
        print(type(e).__module__, type(e).__name__)
