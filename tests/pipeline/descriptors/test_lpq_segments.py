"""LPQ of a recording: the mean descriptor of each segment."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.descriptors.grey import grey
from pipeline.descriptors.histograms import region_histograms
from pipeline.descriptors.lpq import lpq_codes
from pipeline.descriptors.lpq_segments import lpq_segments
from pipeline.zarr_store import read_array
from tests.pipeline.training.material import write_sequence


def test_segments_are_means_over_their_frames_with_a_face(tmp_path: Path) -> None:
    """At 3.75 faces per second, 2 s are 7.5 frames, rounded to 8: 20 frames are segments of 8, 8 and 4."""
    folder = write_sequence(tmp_path / "r", [20, 19], absent=[0, 9, 10, 25])
    parts = lpq_segments(folder, window=5, grid=2, seconds=2.0)
    images = grey(read_array(folder, "faces"))
    frames = [range(1, 8), [8, 11, 12, 13, 14, 15], range(16, 20)]
    expected = [
        np.mean([region_histograms(lpq_codes(images[frame], 5), 2, 256) for frame in segment], axis=0)
        for segment in frames
    ]
    np.testing.assert_allclose(parts["histograms"], expected, rtol=1e-6)
    assert parts["histograms"].dtype == np.float32
    assert parts["frames"].tolist() == [7, 6, 4]
    assert parts["length"] == 20


def test_segments_without_a_face_are_left_out(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "r", [20], absent=range(8, 16))
    assert lpq_segments(folder, 5, 2, 2.0)["frames"].tolist() == [8, 4]
    faceless = lpq_segments(write_sequence(tmp_path / "none", [20], absent=True), 5, 2, 2.0)
    assert faceless["histograms"].shape == (0, 1024)
    assert faceless["frames"].tolist() == []


def test_a_segment_ends_at_a_break(tmp_path: Path) -> None:
    """Segments of 8 frames: 0 to 7, 8 and 9; after the break 10 to 17, 18 and 19."""
    folder = write_sequence(tmp_path / "r", [20], absent=[9], breaks=[10])
    assert lpq_segments(folder, 5, 2, 2.0)["frames"].tolist() == [8, 1, 8, 2]


@pytest.mark.parametrize("seconds", [0.001, 100.0])
def test_a_segment_has_at_least_one_frame_and_at_most_all(tmp_path: Path, seconds: float) -> None:
    folder = write_sequence(tmp_path / "r", [6])
    assert lpq_segments(folder, 5, 2, seconds)["frames"].tolist() == ([1] * 6 if seconds < 1 else [6])
