"""Ways to damage a video file, each as it happens: bad memory, a broken copy, a lost sector, a wrong header."""

from collections.abc import Callable

import numpy as np

Random = np.random.Generator
HEAD = 1024  # bytes at the beginning, where containers say what they hold


def flipped_bits(data: bytearray, random: Random) -> None:
    """Turn single bits over, 1 to 200 of them, anywhere."""
    for at in random.integers(0, len(data), _some(random, 200)):
        data[at] ^= 1 << int(random.integers(8))


def cut_tail(data: bytearray, random: Random) -> None:
    """Lose the end, from anywhere."""
    del data[int(random.integers(1, len(data))) :]


def cut_middle(data: bytearray, random: Random) -> None:
    """Lose up to a fifth in the middle; what follows moves up."""
    start = int(random.integers(0, len(data)))
    del data[start : start + _some(random, len(data) // 5)]


def zeroed(data: bytearray, random: Random) -> None:
    """Lose up to eight sectors of 512 bytes, which read as zeros."""
    for start in random.integers(0, len(data), _some(random, 8)):
        stop = min(int(start) + 512, len(data))
        data[start:stop] = bytes(stop - int(start))


def changed_header(data: bytearray, random: Random) -> None:
    """Change 1 to 12 bytes of the first or of the last kilobyte, where sizes, rates and tables stand."""
    first = 0 if random.integers(2) else max(len(data) - HEAD, 0)
    for at in random.integers(first, min(first + HEAD, len(data)), _some(random, 12)):
        data[at] = int(random.integers(256))


DAMAGES: dict[str, Callable[[bytearray, Random], None]] = {
    damage.__name__: damage for damage in (flipped_bits, cut_tail, cut_middle, zeroed, changed_header)
}


def damaged(data: bytes, seed: int, number: int) -> tuple[str, bytes]:
    """Copy `number` of a file, damaged in one of these ways: the way's name, and the bytes."""
    random = np.random.default_rng([seed, number])
    name = sorted(DAMAGES)[int(random.integers(len(DAMAGES)))]
    copy = bytearray(data)
    DAMAGES[name](copy, random)
    return name, bytes(copy)


def _some(random: Random, most: int) -> int:
    """A number from 1 to `most`, small ones as likely as big ones."""
    return int(np.exp(random.uniform(0, np.log(max(most, 1)))))
