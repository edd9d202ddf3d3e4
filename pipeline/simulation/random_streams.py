"""Random numbers that depend on a seed and a name, and on nothing that was drawn before."""

import hashlib

import numpy as np


def random_stream(seed: int, *names: str | int) -> np.random.Generator:
    """A generator of its own for everything that is drawn: the same for the same seed and names."""
    digest = hashlib.sha256("/".join(map(str, names)).encode()).digest()
    return np.random.default_rng([seed, *np.frombuffer(digest[:16], "<u4").tolist()])
