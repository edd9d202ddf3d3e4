"""Near twins: recordings with the same pictures in other bytes (encoded again, scaled, mirrored, trimmed).

Two signals are correlated at every shift at which they share at least half of the shorter one. Fisher's z of the
largest correlation, over its standard error 1 / sqrt(n - 3) for n independent samples (Fisher, Statistical Methods for
Research Workers, 1925), says how far it is above chance. Both limits were set on videos: see docs/explanation.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from jaxtyping import Float
from scipy.fft import irfft, next_fast_len, rfft

from pipeline.detection.picture_signal import RATE, SMOOTHED, Signal

SIMILAR = 0.7  # correlation from which a pair is reported
SURE = 4.0  # standard errors by which it must be above 0
SHARED = 0.5  # of the shorter signal, at least


@dataclass(frozen=True)
class NearTwins:
    """Two recordings that look like the same video.

    Attributes:
        first: its id.
        second: its id.
        similarity: the correlation of their signals at the best shift, up to 1.
        seconds: how long they are alike.
    """

    first: str
    second: str
    similarity: float
    seconds: float


def find_near_twins(signals: Mapping[str, Signal]) -> list[NearTwins]:
    """Return the near twins among all pairs of recordings, the most similar first."""
    pairs = []
    for (first, one), (second, other) in combinations(signals.items(), 2):
        similarity, samples = best_match(one, other)
        if similarity >= SIMILAR and standard_errors(similarity, samples) >= SURE:
            pairs.append(NearTwins(first, second, similarity, samples / RATE))
    return sorted(pairs, key=lambda pair: -pair.similarity)


def standard_errors(correlation: float, samples: int) -> float:
    """Return Fisher's z of a correlation over its standard error; one sample in `SMOOTHED` is independent.

    Examples:
        >>> round(standard_errors(0.8, samples=112), 3)  # n = 28: atanh(0.8) x 5
        5.493
    """
    return float(np.arctanh(min(correlation, 1 - 1e-9)) * np.sqrt(max(samples / SMOOTHED - 3, 0)))


def best_match(one: Signal, other: Signal) -> tuple[float, int]:
    """Return the largest mean correlation of the two rows of both signals over all shifts, and its shared samples.

    The correlation of a row that does not vary is 0.
    """
    n, m = one.shape[1], other.shape[1]
    if not min(n, m):
        return 0.0, 0
    least = int(np.ceil(SHARED * min(n, m)))
    shifts = np.arange(least - n, m - least + 1)  # sample i of `one` meets sample i + shift of `other`
    begins, ends = np.maximum(0, -shifts), np.minimum(n, m - shifts)
    correlations = np.mean([_correlations(a, b, shifts, begins, ends) for a, b in zip(one, other, strict=True)], axis=0)
    best = int(np.argmax(correlations))
    return float(correlations[best]), int(ends[best] - begins[best])


def _correlations(
    a: Float[np.ndarray, " n"], b: Float[np.ndarray, " m"], shifts: np.ndarray, begins: np.ndarray, ends: np.ndarray
) -> Float[np.ndarray, " shifts"]:
    """Return Pearson's correlation of the shared samples at each shift."""
    length = next_fast_len(len(a) + len(b), real=True)
    products = irfft(np.conj(rfft(a, length)) * rfft(b, length), length)[shifts]  # a negative shift counts from the end
    count = ends - begins

    def sums(values: np.ndarray, offset: np.ndarray | int = 0) -> np.ndarray:
        running = np.concatenate([[0.0], np.cumsum(values)])
        return running[ends + offset] - running[begins + offset]

    sum_a, sum_b = sums(a), sums(b, shifts)
    spread = (sums(a * a) - sum_a**2 / count) * (sums(b * b, shifts) - sum_b**2 / count)
    varies = spread > 1e-12
    return np.where(varies, (products - sum_a * sum_b / count) / np.sqrt(np.where(varies, spread, 1.0)), 0.0)
