"""The big live heap of the collector's benchmarks: 400,000 entities, about 200 MB in CPython."""
COUNT = 400000


def entity(i):
    return {"id": i, "pos": (i * 0.5, i * 0.25), "vel": [i * 0.125, i * 1.5], "alive": True}


def make(count=COUNT):
    return [entity(i) for i in range(count)]


def next_seed(seed):
    return (seed * 1103515245 + 12345) % 2147483648
