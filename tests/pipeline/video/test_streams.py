"""The choice of the video stream: covers and thumbnails, the default mark, the larger picture, unknown codecs."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.stream import Disposition

from pipeline.inspection.inspect_video import inspect
from pipeline.records.quality_notices import quality_notices
from pipeline.video.reading import read_frames

Track = tuple[str, int, int, tuple[int, int], Disposition | None]  # codec, grey level, frames, size, mark
FILM: Track = ("libx264", 120, 12, (64, 48), None)


def _write(path: Path, tracks: Sequence[Track], sound: bool = False) -> Path:
    with av.open(path, "w") as container:
        streams: list[Any] = []
        for codec, _, _, size, mark in tracks:
            stream: Any = container.add_stream(codec, rate=10)
            stream.width, stream.height = size
            stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
            if mark is not None:
                stream.disposition = mark
            streams.append(stream)
        audio: Any = container.add_stream("aac", rate=8000, layout="mono") if sound else None
        for stream, (_, level, frames, (width, height), _) in zip(streams, tracks, strict=True):
            for number in range(frames):
                frame = av.VideoFrame.from_ndarray(np.full((height, width, 3), level, np.uint8), format="rgb24")
                frame.pts = number
                container.mux(stream.encode(frame))
            container.mux(stream.encode())
        if audio:
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 4096), np.float32), format="fltp", layout="mono")
            silence.sample_rate = 8000
            container.mux(audio.encode(silence))
            container.mux(audio.encode())
    return path


def _cover(level: int, mark: Disposition | None = Disposition.attached_pic) -> Track:
    return "mjpeg", level, 1, (128, 96), mark


@pytest.mark.parametrize(
    ("name", "tracks", "level", "passed_over"),
    [
        ("one.mp4", [FILM], 120, ""),
        ("cover.mp4", [_cover(30), FILM], 120, "stream 1 (a cover picture, 128 x 96)"),
        ("unmarked.mkv", [_cover(30, None), FILM], 120, "stream 0 (a still picture, 128 x 96)"),
        (
            "default.mkv",
            [("libx264", 30, 12, (128, 96), Disposition.original), ("libx264", 120, 12, (64, 48), Disposition.default)],
            120,
            "stream 0 (h264, 128 x 96)",
        ),
        ("larger.mkv", [FILM, ("libx264", 200, 12, (128, 96), None)], 200, "stream 0 (h264, 64 x 48)"),
        ("equal.mkv", [FILM, ("libx264", 200, 12, (64, 48), None)], 120, "stream 1 (h264, 64 x 48)"),
        ("slides.mkv", [("libx264", 30, 1, (128, 96), None), FILM], 120, "stream 0 (a still picture, 128 x 96)"),
    ],
)
def test_the_stream_is_chosen_as_players_do(
    tmp_path: Path, name: str, tracks: list[Track], level: int, passed_over: str
) -> None:
    path = _write(tmp_path / name, tracks)
    table, quality = inspect(path, None, 0.0)
    assert table is not None
    assert (len(table), quality.passed_over) == (12, passed_over)
    pictures = list(read_frames(path, range(12), quality.canvas))
    np.testing.assert_allclose([picture.mean() for picture in pictures], level, atol=2)
    expected = (f"the file has several video streams; passed over: {passed_over}",) if passed_over else ()
    assert quality_notices(quality) == expected


def test_a_sound_file_with_a_cover_has_no_video_stream(tmp_path: Path) -> None:
    path = _write(tmp_path / "podcast.mp4", [_cover(30)], sound=True).rename(tmp_path / "podcast.m4a")
    _, quality = inspect(path, None, 0.0)
    assert (quality.status, quality.reason) == ("broken", "no video stream; found: audio, a cover picture")


def test_a_stream_of_an_unknown_codec_is_named_and_the_other_is_read(tmp_path: Path) -> None:
    path = _write(tmp_path / "film.mkv", [("mjpeg", 30, 12, (128, 96), None), FILM])
    path.write_bytes(path.read_bytes().replace(b"V_MJPEG", b"V_MYPEG"))
    table, quality = inspect(path, None, 0.0)
    assert table is not None
    assert (len(table), quality.codec, quality.passed_over) == (12, "h264", "stream 0 (unknown codec)")
