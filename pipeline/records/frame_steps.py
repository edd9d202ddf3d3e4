"""The steps from one frame to the next: which of them are pauses, and for how much of the time the rate is irregular.

The *usual step* is the median. Where the frame rate varies, other steps are two or three times as long; a *pause* is
longer by far: recording stopped there and went on later.
"""

import numpy as np
from jaxtyping import Bool, Float, Int

PAUSE_SECONDS, PAUSE_STEPS = 1.0, 8.0  # a pause is longer than both, the second in usual steps
WINDOW = 1.0  # seconds over which a rate is measured: it evens out jitter and a single lost frame
TOLERANCE = 0.1  # share by which the rate in a window may differ from the usual one


def longest_step(usual: float) -> float:
    """Return the longest step that is no pause, in seconds, where the usual step is `usual` seconds.

    Examples:
        >>> longest_step(0.04), longest_step(0.5)
        (1.0, 4.0)
    """
    return max(PAUSE_SECONDS, PAUSE_STEPS * usual)


def pause_rows(times: Float[np.ndarray, " time"], shortest: float = 0.0) -> Int[np.ndarray, " pauses"]:
    """Return the rows at which recording goes on after a pause.

    Args:
        times: of the rows, in seconds, not decreasing.
        shortest: pauses of up to so many seconds are left out.

    Examples:
        >>> pause_rows(np.array([0.0, 0.1, 0.2, 60.2, 60.3, 60.4])).tolist()
        [3]
    """
    steps = np.diff(times)
    return np.flatnonzero(_is_pause(steps) & (steps > shortest)) + 1


def _is_pause(steps: Float[np.ndarray, " steps"]) -> Bool[np.ndarray, " steps"]:
    """Return which steps are pauses: the lower quartile stands for the usual step, as pauses may be many."""
    usual = float(np.quantile(steps, 0.25, method="lower")) if len(steps) else 0.0
    return steps > longest_step(usual)


def irregular_share(times: Float[np.ndarray, " time"]) -> float:
    """Return the share of the time in which the frame rate differs from the usual one by more than a tenth, 0 to 1.

    The rate is measured over windows of about a second, one from each frame. Pauses are left out.

    Examples:
        >>> regular, halved = np.arange(61) / 30, 2 + np.arange(1, 31) / 15  # two seconds at 30, then two at 15
        >>> irregular_share(regular)
        0.0
        >>> irregular_share(np.concatenate([regular, halved])) > 0.4
        True
    """
    steps = np.diff(times)
    steps = steps[~_is_pause(steps)]
    if not len(steps):
        return 0.0
    usual = max(float(np.median(steps)), 1e-6)
    width = min(max(round(WINDOW / usual), 1), len(steps))
    sums = np.concatenate([[0.0], np.cumsum(steps)])
    windows = (sums[width:] - sums[:-width]) / width
    return float(np.mean(np.abs(windows - usual) > TOLERANCE * usual))
