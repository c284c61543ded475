"""Iterators whose class loses __next__ while they are gone through: an error wherever the next item is asked for; which of two, CPython tells by who asks."""
import collections
import functools
import itertools


def fresh(first=3):
    class Loses:
        def __init__(self):
            self.n = 0

        def __iter__(self):
            return self

        def __next__(self):
            self.n += 1
            if self.n == first:
                del Loses.__next__
            return self.n
    return Loses()


def loop(it):
    seen = []
    try:
        for x in it:
            seen.append(x)
    except TypeError:
        return seen, "TypeError"


def unpack(it):
    a, *b = it
    return a, b


def two(it):
    yield from it


CONSUMERS = [
    list, tuple, set, frozenset, dict.fromkeys, sum, max, min, any, sorted, bytes, bytearray, collections.deque, collections.Counter, unpack,
    lambda it: all(it), lambda it: 99 in it, lambda it: [*it], lambda it: {*it}, lambda it: max(*it), lambda it: ",".join(map(str, it)), lambda it: list(zip(it, it)),
    lambda it: list(enumerate(it)), lambda it: list(map(abs, it)), lambda it: list(filter(None, it)), lambda it: functools.reduce(max, it),
    lambda it: list(itertools.chain(it, it)), lambda it: list(itertools.islice(it, 9)), lambda it: list(itertools.accumulate(it)), lambda it: list(itertools.tee(it)[1]),
    lambda it: list(itertools.cycle(it)), lambda it: list(itertools.groupby(it)), lambda it: list(itertools.zip_longest(it, [1])), lambda it: list(itertools.product(it)),
    lambda it: list(itertools.takewhile(bool, it)), lambda it: list(itertools.starmap(pow, it)), lambda it: list(two(it)), lambda it: [x for x in it], lambda it: set().union(it),
    lambda it: [].extend(it), lambda it: [next(it) for _ in range(9)], lambda it: [next(it, 0) for _ in range(9)], lambda it: {x: x for x in it}, lambda it: dict(zip(it, it)),
]
for turn in range(3):
    for i, consumer in enumerate(CONSUMERS):
        for first in 1, 2, 3:
            try:
                r = consumer(fresh(first))
                print(turn, i, "ended", type(r).__name__)
            except (TypeError, AttributeError):
                print(turn, i, "lost")
    print(loop(fresh()), loop(fresh(1)))
