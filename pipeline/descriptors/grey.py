"""Grey pictures of faces, which texture descriptors are computed from."""

import numpy as np
from jaxtyping import Float64, UInt8


def grey(faces: UInt8[np.ndarray, "time height width 3"]) -> Float64[np.ndarray, "time height width"]:
    """Return the luma 0.299 R + 0.587 G + 0.114 B (ITU-R BT.601) of RGB pictures, from 0 to 255, without rounding."""
    return 0.299 * faces[..., 0] + 0.587 * faces[..., 1] + 0.114 * faces[..., 2]
