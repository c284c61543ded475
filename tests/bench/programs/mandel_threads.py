# mandel_func, rows dealt out to one thread, then to two. argv: [repetitions] [threads]
import threads
from mandel_func import escape

WIDTH, HEIGHT, LIMIT = 800, 600, 200


def rows(first, step, results):
    total = 0
    for row in range(first, HEIGHT, step):
        cy = row * 2.5 / HEIGHT - 1.25
        for col in range(WIDTH):
            total += escape(col * 3.5 / WIDTH - 2.5, cy, LIMIT)
    results[first] = total


if __name__ == "__main__":
    threads.repeat("mandel_threads", rows)
