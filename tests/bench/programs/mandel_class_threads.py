# mandel_class on one thread, then on two: both allocate all the time and share the class.
import threads
from mandel_class import Point, escape

WIDTH, HEIGHT, LIMIT = 400, 300, 200


def rows(first, step, results):
    total = 0
    for row in range(first, HEIGHT, step):
        cy = row * 2.5 / HEIGHT - 1.25
        for col in range(WIDTH):
            total += escape(Point(col * 3.5 / WIDTH - 2.5, cy), LIMIT)
    results[first] = total


if __name__ == "__main__":
    threads.repeat("mandel_class_threads", rows)
