"""Inspection of files with wrong, shuffled and uneven time stamps; the files are made here, stamp by stamp."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from pipeline.inspection.inspect_video import inspect
from pipeline.records.quality_notices import quality_notices
from pipeline.video.reading import read_frames

REGULAR = [100 * number for number in range(40)]  # milliseconds


def write_stamps(path: Path, milliseconds: Sequence[int]) -> Path:
    """Write a FLV file of grey pictures with these time stamps; return it.

    A tag of the file has its type (1 byte), the size of its content (3), the time (3, and a fourth, highest byte), 0
    (3), its content, and the size of all that (4). The first tag is the metadata.
    """
    with av.open(path, "w", format="flv") as container:
        stream: Any = container.add_stream("flv", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for number in range(len(milliseconds)):
            grey = np.full((48, 64, 3), number % 200, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode())
    data, offset, stamps = bytearray(path.read_bytes()), 13, iter(milliseconds)
    while offset < len(data):
        if data[offset] == 9 and (stamp := next(stamps, None)) is not None:  # 9: video
            data[offset + 4 : offset + 7] = (stamp & 0xFFFFFF).to_bytes(3, "big")
            data[offset + 7] = stamp >> 24
        offset += 11 + int.from_bytes(data[offset + 1 : offset + 4], "big") + 4
    path.write_bytes(data)
    return path


def test_one_wild_stamp_is_replaced(tmp_path: Path) -> None:
    path = write_stamps(tmp_path / "film.flv", [*REGULAR[:20], 9_568_000, *REGULAR[21:]])
    table, quality = inspect(path, None, 0.0)
    assert table is not None
    np.testing.assert_allclose(table.time, np.arange(40) / 10, atol=1e-9)
    assert (quality.times, quality.replaced_times, quality.seconds, quality.longest_step) == ("mended", 1, 3.9, 0.1)
    assert (quality.pauses, quality.restarts, quality.irregular, quality.fps) == (0, (), 0, 10)


def test_a_pause_is_kept_and_has_no_rows(tmp_path: Path) -> None:
    path = write_stamps(tmp_path / "film.flv", [*REGULAR[:20], *(stamp + 600_000 for stamp in REGULAR[20:])])
    table, quality = inspect(path, None, 0.0)
    assert table is not None
    assert (quality.times, quality.pauses, quality.seconds, quality.longest_step) == ("stamps", 1, 603.9, 600.1)
    assert table.pauses.tolist() == [20]
    table, quality = inspect(path, 30.0, 0.0)
    assert table is not None
    assert (len(table), quality.pauses, quality.seconds, quality.status) == (58 + 58, 1, 603.9, "whole")
    assert table.pauses.tolist() == [58]


def test_a_clock_that_is_set_back_goes_on(tmp_path: Path) -> None:
    path = write_stamps(tmp_path / "film.flv", [*REGULAR[:20], *REGULAR[:20]])
    table, quality = inspect(path, None, 0.0)
    assert table is not None
    np.testing.assert_allclose(table.time, np.arange(40) / 10, atol=1e-9)
    assert (quality.times, quality.replaced_times, quality.restarts) == ("mended", 0, (20,))
    assert table.rows_of(quality.restarts).tolist() == [20]
    assert len(quality_notices(quality)) == 1


def test_a_frame_rate_that_varies_is_told(tmp_path: Path) -> None:
    """Two of three frames are dropped after the fourteenth: 2 x 13 of 40 steps are three times as long."""
    stamps = [*REGULAR[:14], *(1300 + 300 * number for number in range(1, 27))]
    _, quality = inspect(write_stamps(tmp_path / "film.flv", stamps), None, 0.0)
    assert quality.times == "stamps"
    assert quality.irregular > 0.3
    assert "the frame rate varies" in quality_notices(quality)[0]
    _, constant = inspect(tmp_path / "film.flv", 10.0, 0.0)
    assert not quality_notices(constant)


def test_stamps_of_b_frames_in_avi_are_sorted(tmp_path: Path) -> None:
    """AVI numbers frames as they are stored, and a B-frame is stored after the frame that follows it."""
    path = tmp_path / "film.avi"
    with av.open(path, "w") as container:
        stream: Any = container.add_stream("libx264", rate=25)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.options = {"bf": "2", "g": "12", "crf": "1"}
        for number in range(40):
            grey = np.full((48, 64, 3), 5 * number, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode())
    with av.open(path) as container:
        stamps = [frame.pts or 0 for frame in container.decode(video=0)]
    assert stamps != sorted(stamps)  # else the file has no B-frames
    table, quality = inspect(path, None, 0.0)
    assert table is not None
    np.testing.assert_allclose(table.time, np.arange(40) / 25, atol=1e-9)
    assert (quality.times, quality.replaced_times, quality.longest_step) == ("sorted", 0, 0.04)
    assert not quality_notices(quality)
    levels = [float(picture.mean()) for picture in read_frames(path, range(40))]
    np.testing.assert_allclose(levels, 5 * np.arange(40), atol=3)  # the pictures stand in order


@pytest.mark.parametrize(
    ("name", "times", "replaced", "seconds", "pauses", "is_irregular"),
    [
        ("pts_outlier.mp4", "mended", 1, 2.3667, 0, False),
        ("pts_pause.mp4", "mended", 1, 602.3667, 1, False),
        ("vfr75.mkv", "stamps", 0, 19.6, 0, True),
        ("vfr_drawn/202_1_Freeform_video.mkv", "stamps", 0, 6.0, 0, True),
        ("vfr_drawn/202_1_as_drawn.mp4", "stamps", 0, 6.2667, 0, False),
        ("../../videos/clm_cap12.webm", "stamps", 0, 53.44, 0, False),
        ("../../videos/pyfeat_face_noface.mov", "stamps", 0, 6.3604, 0, True),  # 24, then 30 frames per second
    ],
)
def test_real_files(
    real_data: Path, name: str, times: str, replaced: int, seconds: float, pauses: int, is_irregular: bool
) -> None:
    _, quality = inspect(real_data / "failing" / "video" / name, None, 0.05)
    assert (quality.times, quality.replaced_times, quality.pauses) == (times, replaced, pauses)
    assert quality.seconds == pytest.approx(seconds, abs=1e-3)
    assert quality.is_irregular == is_irregular
