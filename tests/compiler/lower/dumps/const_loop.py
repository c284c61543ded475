def mandel(cx, cy):
    x = y = 0.0
    for i in range(100):
        x2 = x * x
        y2 = y * y
        if x2 + y2 > 4.0:
            return i
        x, y = x2 - y2 + cx, 2.0 * x * y + cy
    return 100
