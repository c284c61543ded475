# compare: stderr
import _thread, threading, time

def f(): 1 / 0
t = threading.Thread(target=f, name="worker")
t.start()
t.join()
print(t.is_alive())
try: _thread.start_new_thread(None, ())
except TypeError as e: print(e)
e = threading.Thread(target=lambda: _thread.exit())
e.start()
e.join()
print("end")
