"""A long recording has all frames of its repetitions, equal in each of them, at even times."""

from collections.abc import Iterator
from pathlib import Path

import av
import numpy as np
import pytest

from benchmarks import long_recordings
from benchmarks.long_recordings import write_long_recording


def _small_frames(frames: int, seed: int) -> Iterator[np.ndarray]:
    """Yield noise that grows brighter, by which frames can be told apart."""
    random = np.random.default_rng(seed)
    for number in range(frames):
        yield random.integers(0, 32, (48, 64, 3), np.uint8) + np.uint8(number % 200)


def test_frames_and_times(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Three repetitions are a minute: 3 x 598 frames, of which those at the joints are as good as any."""
    monkeypatch.setattr(long_recordings, "talking_head", _small_frames)
    path = tmp_path / "1_1_cut_combined.mp4"
    write_long_recording(path, seed=0, repetitions=3)
    with av.open(path) as container:
        frames = [(frame.time, frame.to_ndarray()) for frame in container.decode(video=0)]
    np.testing.assert_allclose([time for time, _ in frames], np.arange(3 * 598) / 30, atol=1e-4)
    for number in (0, 1, 250, 597):
        np.testing.assert_array_equal(frames[number][1], frames[2 * 598 + number][1])
    assert list(tmp_path.iterdir()) == [path]
