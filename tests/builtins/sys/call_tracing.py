"""sys.call_tracing, called rightly and wrongly."""
import sys

print(sys.call_tracing(pow, (2, 5)))
for args in (2, [2, 5], "ab", {}):
    try:
        print(sys.call_tracing(pow, args))
    except TypeError as e:
        print(e)
try:
    sys.call_tracing(3, ())
except TypeError as e:
    print(e)
