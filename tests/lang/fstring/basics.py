a, b, name = 3, 2.71828, "bob"
print(f"{a} {b:.2f} {name!r:>8} {name:^7}|", f"{a + 1}{{literal}}{a!s}{name!a}")
print(f"{a=} {b=:.1f} {name = !s} {a*2 = }")
width, prec = 10, 3
print(f"{b:{width}.{prec}}|{b:>{width}}|{'nested ' + f'{a}'}")
print(f"", f"plain", f"{''}", f"a" "b" f"{a}" "c")
print(f"{[x for x in range(3)]} {({'k': 1})['k']} {(lambda q: q * 2)(4)}")
print(f"{1 if a > 2 else 0} {a if a else b:d} {a!r:0>5}")
class F:
    def __format__(self, spec): return f"<{spec}>"
    def __repr__(self): return "F!"
print(f"{F()} {F():abc} {F()!r} {F()!r:>4} {F():{a}{name}}")
print(f'''{
    a
    + 1
} multi''')
print(rf"\{a}\n", f"\N{BULLET} \x41{a}\t|", f"{a:,} {1234567:,} {a:#x} {255:08b}")
try:
    f"{a:zz}"
except ValueError as e:
    print(e)
try:
    f"{undefined}"
except NameError as e:
    print(e)
def f(x): return f"{x}{x}" f"{x!r}"
print(f("q"), f"{'a' 'b'}", f"{a}" + "%d" % a)
print(f"{a!r}{b!r}{None}{True}{...}{(1, 2)}")
