"""Weights that need no file: a stated hash makes them from their names, here and in the tests."""

import numpy as np

MASK = (1 << 64) - 1


def words(name, count):
    """`count` words of 64 bits for a name.

    FNV-1a of the name (Fowler, Noll and Vo) starts SplitMix64 (Steele, Lea and Flood 2014).
    """
    state = 0xCBF29CE484222325
    for byte in name.encode():
        state = ((state ^ byte) * 0x100000001B3) & MASK
    steps = np.arange(1, count + 1, dtype=np.uint64)
    word = np.uint64(state) + steps * np.uint64(0x9E3779B97F4A7C15)
    word = (word ^ (word >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    word = (word ^ (word >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return word ^ (word >> np.uint64(31))


def packed(name, shape):
    """Words of 32 bits, for quantised weights: the upper halves."""
    return (words(name, int(np.prod(shape))) >> np.uint64(32)).astype(np.uint32).reshape(shape)


def numbers(name, shape, offset, scale):
    """`offset + scale * u`, with `u` of 24 bits, evenly between -1 and 1, in single precision."""
    upper = (words(name, int(np.prod(shape))) >> np.uint64(40)).astype(np.int32)
    even = (upper - (1 << 23)).astype(np.float32) / np.float32(1 << 23)
    return (np.float32(offset) + np.float32(scale) * even).reshape(shape)


def prompt(name, length, vocab_size):
    return [int(word) for word in words(name, length) % np.uint64(vocab_size)]
