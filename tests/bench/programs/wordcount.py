# Counts the words of five million letters of made-up text.
from measure import Stopwatch, repeat

SYLLABLES = "ka lo mi ne ru sta tor ven Wa xi yo zu bra Cle dri fo".split()


class Dice:
    def __init__(self, seed):
        self.seed = seed

    def roll(self):
        self.seed = (self.seed * 1103515245 + 12345) % 2147483648
        return self.seed // 65536


def write_text(size):
    dice = Dice(42)
    vocabulary = []
    for _ in range(5000):
        n = 2 + dice.roll() % 3
        word = ""
        for _ in range(n):
            word += SYLLABLES[dice.roll() % 16]
        vocabulary.append(word)
    parts = []
    length = count = 0
    while length < size:
        r = dice.roll() / 32768.0
        word = vocabulary[int(r * r * 5000)]
        count += 1
        if count % 12 == 0:
            word += ".\n"
        elif count % 5 == 0:
            word += ", "
        else:
            word += " "
        parts.append(word)
        length += len(word) if count % 12 == 0 or count % 5 else len(word) - 1
    return "".join(parts)


def count_words(text):
    counts = {}
    for line in text.split("\n"):
        for word in line.split():
            word = word.strip(".,").lower()
            counts[word] = counts.get(word, 0) + 1
    order = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    return "%d %s %d %s %d" % (len(counts), *order[0], *order[9])


if __name__ == "__main__":
    with Stopwatch() as s:
        text = write_text(5000000)
    s.report("wordcount_text", 0, len(text))
    repeat("wordcount", count_words, text)
