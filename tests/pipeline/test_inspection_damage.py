"""What damaged files ask of a reader, each as fuzzing found it: odd tags, late streams, sizes and times of no sense."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from pipeline import video
from pipeline.inspection import inspect
from pipeline.video import read_frames, write_video


def _write(path: Path, codec: str, frames: int, title: str = "", width: int = 64, height: int = 48) -> bytes:
    """Write grey pictures at 10 a second, and return the file's bytes."""
    with av.open(path, "w") as container:
        container.metadata["title"] = title
        stream: Any = container.add_stream(codec, rate=10)
        stream.width, stream.height = width, height
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for number in range(frames):
            grey = np.full((height, width, 3), number % 200, np.uint8)
            container.mux(stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")))
        container.mux(stream.encode())
    return path.read_bytes()


def test_tags_need_not_be_utf8(tmp_path: Path) -> None:
    """Old cameras write Latin-1."""
    path = tmp_path / "film.avi"
    data = _write(path, "mjpeg", 3, title="Mxller")
    assert data.count(b"Mxller") == 1
    path.write_bytes(data.replace(b"Mxller", b"M\xfcller"))
    assert inspect(path, None, 0.0)[1].decoded_frames == 3
    assert len(list(read_frames(path, [0, 2]))) == 2


def test_a_stream_that_appears_midway_ends_nothing(tmp_path: Path) -> None:
    """FLV names no streams at its beginning: sound after 30 seconds is news to who has read the beginning only."""
    path = tmp_path / "film.flv"
    data = _write(path, "flv", 400)
    at = 13
    for _ in range(300):  # a tag: kind (1 byte), size (3), time (4), 0 (3), content, and the size of all that (4)
        at += 11 + int.from_bytes(data[at + 1 : at + 4], "big") + 4
    sound = b"\x3e" + bytes(200)  # plain samples of 16 bits
    tag = b"\x08" + len(sound).to_bytes(3, "big") + data[at + 4 : at + 8] + bytes(3) + sound
    path.write_bytes(data[:at] + tag + len(tag).to_bytes(4, "big") + data[at:])
    table, quality = inspect(path, None, 0.0)
    assert table is not None
    assert (quality.decoded_frames, quality.bad_packets) == (400, 0)
    assert len(list(read_frames(path, [0, 399]))) == 2


def test_a_codec_that_does_not_exist_is_named_as_the_reason(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    data = _write(path, "mjpeg", 3)
    assert data.count(b"V_MJPEG") == 1
    path.write_bytes(data.replace(b"V_MJPEG", b"V_MYPEG"))
    table, quality = inspect(path, None, 0.0)
    assert table is None
    assert quality.reason == "its video stream is in a codec that is not known here"


def test_pixels_of_an_absurd_shape_are_refused(tmp_path: Path) -> None:
    """The shape of pixels stands in MP4's box `pasp`: here 1 to 4 billion."""
    path = tmp_path / "film.mp4"
    with av.open(path, "w") as container:
        stream: Any = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.sample_aspect_ratio = 2
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode())
    data = path.read_bytes()
    at = data.index(b"pasp") + 4
    assert data[at : at + 8] == bytes([0, 0, 0, 2, 0, 0, 0, 1])
    path.write_bytes(data[:at] + bytes([0, 0, 0, 1, 0x7F, 0, 0, 0]) + data[at + 8 :])
    table, quality = inspect(path, None, 0.0)
    assert table is None
    assert f"pictures of 64 x {48 * 0x7F000000} pixels; allowed" in quality.reason


def test_a_size_that_changes_to_an_absurd_one_costs_those_packets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = _write(tmp_path / "small.264", "libx264", 5)
    big = _write(tmp_path / "big.264", "libx264", 3, width=640, height=480)
    path = tmp_path / "film.264"
    path.write_bytes(small + big)
    monkeypatch.setattr(video, "MOST_PIXELS", 64 * 48)
    table, quality = inspect(path, None, 1.0)
    assert table is not None
    assert quality.decoded_frames == 5
    assert quality.bad_packets >= 1
    assert "packets cannot be decoded" in inspect(path, None, 0.0)[1].reason


def test_times_that_would_fill_a_disk_are_refused_at_a_constant_rate(tmp_path: Path) -> None:
    """Matroska's block at 1 hour and not at 0.1 s: 108,000 rows of a constant rate for two frames."""
    path = tmp_path / "film.mkv"
    with av.open(path, "w") as container:
        stream: Any = container.add_stream("mpeg4", rate=1000)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        for milliseconds in (0, 3_600_000):
            frame = av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")
            frame.pts = milliseconds
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    assert inspect(path, None, 0.0)[1].seconds == 3600
    assert inspect(path, 0.05, 0.0)[1].status == "whole"  # 181 rows
    table, quality = inspect(path, 30.0, 0.0)
    assert table is None
    assert "span 3600 s with 2 frames, too few for 30 a second; decode.fps: null" in quality.reason


def test_a_file_that_cannot_be_read_is_not_a_broken_recording(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        inspect(tmp_path / "none.mp4", None, 0.0)
    with pytest.raises(IsADirectoryError):
        inspect(tmp_path, None, 0.0)


def test_reasons_do_not_depend_on_where_the_file_lies(tmp_path: Path) -> None:
    reasons = set()
    for name in ("a.mp4", "b.mp4"):
        write_video(tmp_path / name, [np.zeros((48, 64, 3), np.uint8)] * 3, 10.0)
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:400])
        reasons.add(inspect(tmp_path / name, None, 0.0)[1].reason)
    assert len(reasons) == 1
    assert reasons.pop()
