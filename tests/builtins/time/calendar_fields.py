import time
def t(f):
    try:
        print(repr(f()))
    except Exception as e:
        print(type(e).__name__ + ':', e)

g = time.gmtime(0)
print(g, g[:], g.tm_year, g.tm_zone, g.tm_gmtoff, len(g), g == (1970, 1, 1, 0, 0, 0, 3, 1, 0), tuple(g), isinstance(g, tuple), hash(g) == hash(tuple(g)), g.__reduce__())
for s in (1, 86400 * 365.25 * 30, 1700000000, 1700000000.9, -1, -86400 * 365 * 100, 253402300800):
    print(time.gmtime(s), time.asctime(time.gmtime(s)), time.strftime('%Y-%m-%d %H:%M:%S %j %a %A %b %B %p %y %U %w %%', time.gmtime(s)))
t(lambda: time.struct_time((1, 2, 3, 4, 5, 6, 7, 8, 9)))
t(lambda: time.struct_time((1, 2, 3)))
t(lambda: time.struct_time(range(11)).tm_gmtoff)
t(lambda: time.struct_time(range(12)))
t(lambda: time.struct_time(5))
t(lambda: time.struct_time((1, 2, 3, 4, 5, 6, 7, 8, 9), {'tm_zone': 'x'}).tm_zone)
t(lambda: time.asctime((2000, 1, 2, 3, 4, 5, 6, 7, 0)))
t(lambda: time.asctime((2000, 13, 2, 3, 4, 5, 6, 7, 0)))
t(lambda: time.asctime((10000, 1, 2, 3, 4, 5, 6, 7, 0)))
t(lambda: time.asctime(1))
t(lambda: time.asctime((1, 2)))
t(lambda: time.gmtime('a'))
t(lambda: time.gmtime(1e20))
t(lambda: time.gmtime(float('nan')))
t(lambda: time.mktime(5))
t(lambda: time.strftime('', g))
t(lambda: time.strftime('%Y', (1, 2, 3, 4, 5, 66, 7, 8, 9)))
t(lambda: time.strftime('\xe9%Y', g))
t(lambda: time.strftime(5))
t(lambda: time.strftime('%Y', (10000, 1, 1, 1, 1, 1, 1, 1, 1)))
x = time.mktime(time.localtime(1700000000))
print(x, time.localtime(x)[:6] == time.localtime(1700000000)[:6], time.ctime(0) == time.asctime(time.localtime(0)))
t(lambda: time.strptime('2000-02-29 12:34:56', '%Y-%m-%d %H:%M:%S'))
