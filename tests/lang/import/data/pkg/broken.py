broken = 1 / 0
