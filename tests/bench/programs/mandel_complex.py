# The same pictures with complex numbers.
from measure import repeat


def escape(c, limit):
    z = 0j
    i = 0
    while i < limit:
        if z.real * z.real + z.imag * z.imag > 4.0:
            break
        z = z * z + c
        i += 1
    return i


def mandel(width, height, limit):
    total = 0
    for row in range(height):
        cy = row * 2.5 / height - 1.25
        for col in range(width):
            total += escape(complex(col * 3.5 / width - 2.5, cy), limit)
    return total


if __name__ == "__main__":
    repeat("mandel_complex", mandel, 800, 600, 200)
