"""xoshiro256++ filled by SplitMix64, and Lemire's indices: the generator of ml_judge::stats::Random."""

WORD = (1 << 64) - 1


class Random:
    def __init__(self, seed):
        self.state = []
        for _ in range(4):
            seed = (seed + 0x9E3779B97F4A7C15) & WORD
            mixed = ((seed ^ (seed >> 30)) * 0xBF58476D1CE4E5B9) & WORD
            mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & WORD
            self.state.append(mixed ^ (mixed >> 31))

    def bits(self):
        a, b, c, d = self.state
        bits = (_rotate((a + d) & WORD, 23) + a) & WORD
        moved = (b << 17) & WORD
        c ^= a
        d ^= b
        b ^= c
        a ^= d
        c ^= moved
        self.state = [a, b, c, _rotate(d, 45)]
        return bits

    def below(self, count):
        product = self.bits() * count
        rejected = (1 << 64) % count
        while product & WORD < rejected:
            product = self.bits() * count
        return product >> 64


def _rotate(word, by):
    return ((word << by) | (word >> (64 - by))) & WORD
