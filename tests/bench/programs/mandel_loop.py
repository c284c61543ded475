# The Mandelbrot set as one function of nested loops over floats.
from measure import repeat


def mandel(width, height, limit):
    total = 0
    for row in range(height):
        cy = row * 2.5 / height - 1.25
        for col in range(width):
            cx = col * 3.5 / width - 2.5
            x = 0.0
            y = 0.0
            i = 0
            while i < limit:
                x2 = x * x
                y2 = y * y
                if x2 + y2 > 4.0:
                    break
                y = 2.0 * x * y + cy
                x = x2 - y2 + cx
                i += 1
            total += i
    return total


if __name__ == "__main__":
    repeat("mandel_loop", mandel, 800, 600, 200)
