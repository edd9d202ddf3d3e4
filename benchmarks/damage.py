"""Realistic kinds of damage to a video file: bad memory, an incomplete copy, a lost sector, a wrong header."""

from collections.abc import Callable

import numpy as np

Random = np.random.Generator
HEADER = 1024  # bytes at the beginning, where containers describe their streams


def flipped_bits(data: bytearray, random: Random) -> None:
    """Flip 1 to 200 single bits at random positions."""
    for position in random.integers(0, len(data), _log_uniform(random, 200)):
        data[position] ^= 1 << int(random.integers(8))


def cut_tail(data: bytearray, random: Random) -> None:
    """Remove the end of the file from a random position."""
    del data[int(random.integers(1, len(data))) :]


def cut_middle(data: bytearray, random: Random) -> None:
    """Remove up to a fifth of the file from a random position; the rest moves up."""
    start = int(random.integers(0, len(data)))
    del data[start : start + _log_uniform(random, len(data) // 5)]


def zeroed(data: bytearray, random: Random) -> None:
    """Set up to eight sectors of 512 bytes to zero."""
    for start in random.integers(0, len(data), _log_uniform(random, 8)):
        stop = min(int(start) + 512, len(data))
        data[start:stop] = bytes(stop - int(start))


def changed_header(data: bytearray, random: Random) -> None:
    """Change 1 to 12 bytes of the first or last kilobyte, which hold sizes, rates and tables."""
    first = 0 if random.integers(2) else max(len(data) - HEADER, 0)
    for position in random.integers(first, min(first + HEADER, len(data)), _log_uniform(random, 12)):
        data[position] = int(random.integers(256))


DAMAGES: dict[str, Callable[[bytearray, Random], None]] = {
    damage.__name__: damage for damage in (flipped_bits, cut_tail, cut_middle, zeroed, changed_header)
}


def damaged(data: bytes, seed: int, number: int) -> tuple[str, bytes]:
    """Return the kind of damage and the bytes of damaged copy `number` of a file."""
    random = np.random.default_rng([seed, number])
    name = sorted(DAMAGES)[int(random.integers(len(DAMAGES)))]
    copy = bytearray(data)
    DAMAGES[name](copy, random)
    return name, bytes(copy)


def _log_uniform(random: Random, limit: int) -> int:
    """Draw an integer from 1 to `limit`, uniform in its logarithm."""
    return int(np.exp(random.uniform(0, np.log(max(limit, 1)))))
