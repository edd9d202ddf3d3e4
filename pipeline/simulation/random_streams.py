"""Independent streams of random numbers, each determined by a seed and a name and not by earlier draws."""

import hashlib

import numpy as np


def random_stream(seed: int, *names: str | int) -> np.random.Generator:
    """Return the generator of a stream; equal seeds and names give equal random numbers."""
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest[:16], "<u4").tolist()])
