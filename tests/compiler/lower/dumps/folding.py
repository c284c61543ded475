X = 2 ** 10 * 3, -1, "a" + "b", (1, 2)[0], not 1, 1 << 200
if 0:
    dead()
while 1:
    break
for i in [1, 2]: pass
assert X in {1, 2}
