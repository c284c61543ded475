import sys
def t(f):
    try:
        r = f()
        print(r if len(str(r)) < 80 else 'long result')
    except Exception as e:
        print(type(e).__name__ + ':', str(e)[:200])

print(sys.get_int_max_str_digits())
t(lambda: len(str(10**4299)))
t(lambda: len(str(10**4300)))
t(lambda: len(str(-10**4299)))
t(lambda: int('1' * 4300) % 10007)
t(lambda: int('1' * 4301))
t(lambda: int('0' * 5000))
t(lambda: int('1_' * 2200 + '1') % 10007)
t(lambda: int('f' * 5000, 16) % 10007)
t(lambda: len(hex(1 << 30000)))
t(lambda: sys.set_int_max_str_digits(10))
t(lambda: sys.set_int_max_str_digits(-1))
sys.set_int_max_str_digits(640)
t(lambda: len(str(10**640)))
t(lambda: len(str(10**639)))
sys.set_int_max_str_digits(0)
t(lambda: len(str(10**10000)))
t(lambda: int('7' * 20000) % 10007)
