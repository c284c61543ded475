# A hundred thousand objects fall and bounce for 60 steps. The time is that of the steps alone.
from measure import Stopwatch, repetitions

COUNT, STEPS, DT = 100000, 60, 1.0 / 60.0


class Particle:
    def __init__(self, x, y, vx, vy):
        self.x = x
        self.y = y
        self.vx = vx
        self.vy = vy


def next_seed(seed):
    return (seed * 1103515245 + 12345) % 2147483648


def make(count):
    seed = 12345
    swarm = []
    for _ in range(count):
        v = []
        for _ in range(4):
            seed = next_seed(seed)
            v.append(seed / 2147483648.0)
        swarm.append(Particle(v[0], v[1], v[2] - 0.5, v[3] - 0.5))
    return swarm


def step(swarm, dt):
    for p in swarm:
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


def where(swarm):
    total = 0.0
    for p in swarm:
        total += p.x + p.y
    return "%.9f" % total


if __name__ == "__main__":
    for rep in range(repetitions()):
        swarm = make(COUNT)
        with Stopwatch() as s:
            for _ in range(STEPS):
                step(swarm, DT)
        s.report("particles", rep, where(swarm))
