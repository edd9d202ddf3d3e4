"""Measures of a video file that say nothing of what the person does: length, picture, encoding, and size of the face.

They come from what decode and align have measured. How much the picture changes from frame to frame is left out, and so
are frozen frames: a change is movement, and movement is behaviour.
"""

from pathlib import Path

import numpy as np

from pipeline.records.frame_table import read_frame_table
from pipeline.records.quality import read_quality
from pipeline.zarr_store import read_array, read_attributes

# What each measure is; sizes and times are logarithms, so that a weight stands for a ratio.
METADATA = {
    "duration": "logarithm of the seconds from the first frame to the last",
    "frame_rate": "frames per second in the file",
    "brightness": "mean over the frames, 0 to 255",
    "sharpness": "logarithm of 1 and the median variance of the Laplacian",
    "picture_width": "logarithm of the pixels",
    "picture_height": "logarithm of the pixels",
    "face_height": "logarithm of the median height of the face box in pixels",
    "face_share": "share of the frames with a face",
}
# An encoder spends bytes on movement: the size of a file can see behaviour, so it is a baseline by itself.
FILE_SIZE = {
    "bytes_per_second": "logarithm of the bytes of the file per second",
    "bytes_per_pixel": "logarithm of the bytes of the file per pixel of all frames",
}
MEASURES = (*METADATA, *FILE_SIZE)


def video_measures(aligned: Path, decoded: Path, file_bytes: int) -> dict[str, float]:
    """Return the value of each of `MEASURES`; NaN where it is not defined.

    Args:
        aligned: folder of the recording that stage align wrote.
        decoded: folder of the recording that stage decode wrote.
        file_bytes: size of the video file.
    """
    quality, table = read_quality(decoded), read_frame_table(decoded)
    has_face = read_array(aligned, "origin") != read_attributes(aligned)["origin_codes"]["absent"]
    boxes = read_array(aligned, "boxes")[has_face]
    pixels = quality.decoded_frames * quality.width * quality.height
    return {
        "duration": _log(quality.seconds),
        "frame_rate": (quality.decoded_frames - 1) / quality.seconds if quality.seconds else np.nan,
        "brightness": float(table.brightness.mean()) if len(table) else np.nan,
        "sharpness": _log(1 + float(np.median(table.sharpness))) if len(table) else np.nan,
        "picture_width": _log(quality.width),
        "picture_height": _log(quality.height),
        "face_height": _log(float(np.median(boxes[:, 3] - boxes[:, 1]))) if len(boxes) else np.nan,
        "face_share": float(has_face.mean()) if len(has_face) else np.nan,
        "bytes_per_second": _log(file_bytes / quality.seconds) if quality.seconds else np.nan,
        "bytes_per_pixel": _log(file_bytes / pixels) if pixels else np.nan,
    }


def _log(value: float) -> float:
    return float(np.log(value)) if value > 0 else np.nan
