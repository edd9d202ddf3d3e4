"""The descriptor of one frame of a face: its texture, without any movement."""

from pathlib import Path

import numpy as np
from jaxtyping import Float64

from pipeline.descriptors.grey import grey
from pipeline.descriptors.histograms import region_histograms
from pipeline.descriptors.lpq import CODES, lpq_codes
from pipeline.zarr_store import read_array, read_attributes


def one_frame(aligned: Path, window: int, grid: int) -> Float64[np.ndarray, " bins"] | None:
    """Return LPQ histograms in regions of the middle frame among those with a face; None if there is none.

    Args:
        aligned: folder of the recording that stage align wrote.
        window: pixels, odd: the window of LPQ.
        grid: regions along each side of the face.
    """
    absent = read_attributes(aligned)["origin_codes"]["absent"]
    present = np.flatnonzero(read_array(aligned, "origin") != absent)
    if not len(present):
        return None
    middle = int(present[(len(present) - 1) // 2])
    face = grey(read_array(aligned, "faces", middle, middle + 1))[0]
    return region_histograms(lpq_codes(face, window), grid, CODES)
