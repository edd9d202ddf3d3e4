"""Times of the frames of a video, from their time stamps."""

from collections.abc import Sequence

import numpy as np


def frame_times(stamps: Sequence[float | None], rate: float) -> tuple[np.ndarray, str]:
    """Return the seconds of each frame from the first frame, and their source: stamps, mended or assumed.

    A frame without a timestamp, or with one that does not increase, follows the previous frame by one step of the
    average rate.
    """
    times: list[float] = []
    mended = 0
    first = next((stamp for stamp in stamps if stamp is not None), None)
    for stamp in stamps:
        time = None if stamp is None or first is None else stamp - first
        if time is None or (times and time <= times[-1]):
            mended += 1
            time = times[-1] + 1 / rate if times else 0.0
        times.append(time)
    source = "stamps" if not mended else "assumed" if first is None else "mended"
    return np.array(times) - times[0], source
