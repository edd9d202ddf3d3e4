"""Video files: frames in order, errors, reproducible writing, and rotated files."""

from pathlib import Path

import av
import numpy as np
import pytest

from pipeline.video.errors import BrokenVideoError
from pipeline.video.reading import read_frames
from pipeline.video.writing import write_video


def _grey(levels: list[int], height: int = 48, width: int = 64) -> list[np.ndarray]:
    return [np.full((height, width, 3), level, np.uint8) for level in levels]


def _decode_all(path: Path) -> np.ndarray:
    """All frames as stored, read with PyAV directly."""
    with av.open(path) as container:
        return np.stack([frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)])


@pytest.fixture
def video(tmp_path: Path) -> Path:
    """Thirty frames of increasing brightness, at 10 frames per second."""
    write_video(tmp_path / "video.mp4", _grey([8 * t for t in range(30)]), 10.0)
    return tmp_path / "video.mp4"


def test_frames_come_in_order_with_repeats(video: Path) -> None:
    numbers = [0, 3, 3, 4, 17, 29]
    frames = np.stack(list(read_frames(video, numbers)))
    np.testing.assert_array_equal(frames, _decode_all(video)[numbers])
    np.testing.assert_allclose(frames.mean((1, 2, 3)), [8 * t for t in numbers], atol=3)
    assert list(read_frames(video, [])) == []


def test_missing_frames_and_decreasing_numbers_are_refused(video: Path) -> None:
    with pytest.raises(BrokenVideoError, match="there is no frame 30"):
        list(read_frames(video, [29, 30]))
    with pytest.raises(ValueError, match="must not decrease"):
        list(read_frames(video, [3, 2]))


def test_files_that_are_not_videos_are_refused_with_a_reason(tmp_path: Path) -> None:
    (tmp_path / "text.mp4").write_text("not a video at all")
    with pytest.raises(BrokenVideoError, match="not readable as a video"):
        list(read_frames(tmp_path / "text.mp4", [0]))
    with pytest.raises(FileNotFoundError):
        list(read_frames(tmp_path / "none.mp4", [0]))


def test_the_same_frames_give_the_same_bytes(tmp_path: Path) -> None:
    for name in "ab":
        write_video(tmp_path / f"{name}.mp4", _grey([40, 90, 200] * 5), 7.5)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()
    with pytest.raises(ValueError, match="no frames to write"):
        write_video(tmp_path / "none.mp4", [], 7.5)


@pytest.mark.parametrize(
    ("rotated", "upright"),
    [
        ("derived_pyfeat_rotmeta_plus90.mp4", "pyfeat_single_face.mp4"),
        ("derived_streamio_rotmeta_180.mov", "streamio_data_streams.mp4"),
    ],
)
def test_rotated_files_show_the_pictures_of_their_upright_originals(
    real_data: Path, rotated: str, upright: str
) -> None:
    pair = [next(read_frames(real_data / "videos" / name, [40])).astype(float) for name in (rotated, upright)]
    assert pair[0].shape == pair[1].shape
    assert np.abs(pair[0] - pair[1]).mean() < 4
    assert np.abs(pair[0][::-1, ::-1] - pair[1]).mean() > 20  # a rotation in the wrong direction would pass this
