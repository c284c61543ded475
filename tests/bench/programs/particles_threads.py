# The swarm of particles.py, made by the main thread; each thread moves its own slice.
import threading
from measure import Stopwatch, repetitions, thread_counts
from particles import COUNT, DT, STEPS, make, where


def move(swarm, low, high):
    dt = DT
    for _ in range(STEPS):
        for i in range(low, high):
            p = swarm[i]
            p.vy -= 0.5 * dt
            p.x += p.vx * dt
            p.y += p.vy * dt
            if p.x < 0.0:
                p.x = -p.x
                p.vx = -p.vx
            elif p.x > 1.0:
                p.x = 2.0 - p.x
                p.vx = -p.vx
            if p.y < 0.0:
                p.y = -p.y
                p.vy = -p.vy
            elif p.y > 1.0:
                p.y = 2.0 - p.y
                p.vy = -p.vy


if __name__ == "__main__":
    for rep in range(repetitions()):
        for n in thread_counts():
            swarm = make(COUNT)
            with Stopwatch() as s:
                crew = [threading.Thread(target=move, args=(swarm, COUNT * k // n, COUNT * (k + 1) // n)) for k in range(n)]
                for t in crew:
                    t.start()
                for t in crew:
                    t.join()
            s.report("particles_threads_%d" % n, rep, where(swarm))
