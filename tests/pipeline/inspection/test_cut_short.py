"""Files that end before their header says: the share that is missing, and whole files of the same kinds."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from pipeline.inspection.inspect_video import inspect
from pipeline.records.quality_notices import quality_notices

FRAMES = 60
CODECS = {"film.mp4": "libx264", "film.avi": "mjpeg", "film.mkv": "mpeg4", "film.webm": "libvpx", "film.flv": "flv"}


def _write(path: Path, codec: str, sound_seconds: float = 0.0, fast_start: bool = True) -> Path:
    """Write 6 s of noise; optionally with a sound track of another length."""
    options = {"movflags": "+faststart"} if fast_start and path.suffix == ".mp4" else {}
    random = np.random.default_rng(0)
    with av.open(path, "w", options=options) as container:
        stream: Any = container.add_stream(codec, rate=10)
        stream.width, stream.height = 64, 48
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        stream.gop_size = 5
        audio: Any = container.add_stream("pcm_s16le", rate=8000, layout="mono") if sound_seconds else None
        for _ in range(FRAMES):
            picture = random.integers(0, 256, (48, 64, 3), dtype=np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(picture, format="rgb24")))
        container.mux(stream.encode())
        if audio:
            samples = np.zeros((1, round(8000 * sound_seconds)), np.int16)
            frame = av.AudioFrame.from_ndarray(samples, format="s16", layout="mono")
            frame.sample_rate = 8000
            container.mux(audio.encode(frame))
            container.mux(audio.encode())
    return path


@pytest.mark.parametrize("name", CODECS)
def test_a_whole_file_lacks_nothing_and_a_cut_one_the_share_that_was_cut(tmp_path: Path, name: str) -> None:
    path = _write(tmp_path / name, CODECS[name])
    assert inspect(path, None, 0.0)[1].missing == 0
    path.write_bytes(path.read_bytes()[: path.stat().st_size * 6 // 10])
    table, quality = inspect(path, None, 1.0)
    assert table is not None
    assert quality.status == "whole"
    assert quality.missing == pytest.approx(1 - len(table) / FRAMES, abs=0.05)
    assert 0.3 < quality.missing < 0.6
    share = f"{quality.missing:.1%}"
    assert f"the file is cut short: {share} of what its header announces is missing" in quality_notices(quality)


@pytest.mark.parametrize("name", ["film.mkv", "film.avi"])
def test_sound_that_lasts_longer_than_the_pictures_is_no_loss(tmp_path: Path, name: str) -> None:
    _, quality = inspect(_write(tmp_path / name, CODECS[name], sound_seconds=9.0), None, 0.0)
    assert (quality.decoded_frames, quality.missing) == (FRAMES, 0)


def test_whole_real_files_lack_nothing(real_data: Path) -> None:
    """Among them: edit lists that hide 57 of 266 frames, sound that lasts longer, and headers without a duration."""
    paths = [path for path in sorted((real_data / "videos").iterdir()) if path.stat().st_size < 1_000_000]
    assert len(paths) > 10
    assert {path.name: inspect(path, None, 0.0)[1].missing for path in paths} == dict.fromkeys(
        (path.name for path in paths), 0.0
    )
