"""Tests of what the baselines see of a recording, on outputs of decode and align that are made by hand."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.baselines.recording_view import view_recording
from pipeline.baselines.video_measures import MEASURES
from pipeline.descriptors.lpq import lpq_codes
from pipeline.records.frame_table import FrameTable
from pipeline.records.quality import Quality, write_decoded
from pipeline.zarr_store import ARCHIVE, GroupWriter
from tests.pipeline.detection.material import CODES, SIZE, recording

QUALITY = Quality("whole", decoded_frames=5, width=40, height=30, seconds=2.0)


def _write(root: Path, origin: list[int], quality: Quality, seed: int = 0) -> np.ndarray:
    """Write a recording with brightness 10, 20, ..., sharpness 3, and boxes of 20, 21, ... pixels; return its faces."""
    frames = len(origin)
    faces = np.random.default_rng(seed).integers(0, 256, (frames, SIZE, SIZE, 3), np.uint8)
    boxes = np.array([(0, 0, 30, 20 + k) for k in range(frames)], np.float32).reshape(-1, 4)
    boxes[np.array(origin) == 0] = np.nan
    with GroupWriter(root / "aligned/r", ARCHIVE) as group:
        group.append("faces", faces)
        group.append("boxes", boxes)
        group.append("origin", np.array(origin, np.uint8))
        group.attributes |= {"origin_codes": CODES}
    count, flags = np.arange(frames), np.zeros(frames, bool)
    brightness, sharpness = 10.0 * (count + 1), np.full(frames, 3.0)
    (root / "decoded/r").mkdir(parents=True)
    table = FrameTable(count, count / 2, flags, flags, brightness, sharpness, np.zeros(frames))
    write_decoded(root / "decoded/r", table, quality)
    return faces


def test_measures_by_hand(tmp_path: Path) -> None:
    _write(tmp_path, [1, 0, 2, 1, 0], QUALITY)
    view = view_recording(tmp_path / "aligned", tmp_path / "decoded", 3, 2, replace(recording("r"), bytes=12000))
    assert view.recording == "r"
    assert view.measures == pytest.approx(
        {
            "duration": math.log(2),
            "frame_rate": 2,  # four steps in two seconds
            "brightness": 30,
            "sharpness": math.log(4),
            "picture_width": math.log(40),
            "picture_height": math.log(30),
            "face_height": math.log(22),  # of 20, 22, 23
            "face_share": 0.6,
            "bytes_per_second": math.log(6000),
            "bytes_per_pixel": math.log(2),  # 12000 / (5 x 40 x 30)
        }
    )


def test_the_frame_is_the_middle_one_with_a_face(tmp_path: Path) -> None:
    faces = _write(tmp_path, [1, 0, 2, 1, 0], QUALITY)
    view = view_recording(tmp_path / "aligned", tmp_path / "decoded", 3, 1, recording("r"))
    assert view.descriptor is not None
    codes = lpq_codes(faces[2].astype(np.float64) @ (0.299, 0.587, 0.114), 3)
    assert view.descriptor == pytest.approx(np.bincount(codes.ravel(), minlength=256) / codes.size)


def test_what_is_not_defined_is_missing(tmp_path: Path) -> None:
    _write(tmp_path, [0], replace(QUALITY, decoded_frames=1, seconds=0.0))
    view = view_recording(tmp_path / "aligned", tmp_path / "decoded", 3, 2, recording("r"))
    missing = {name for name in MEASURES if math.isnan(view.measures[name])}
    assert missing == {"duration", "frame_rate", "face_height", "bytes_per_second"}
    assert view.descriptor is None
