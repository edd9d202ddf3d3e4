"""Damaged files that fuzzing has generated: invalid tags, late streams, absurd sizes and times."""

from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from pipeline.inspection.inspect_video import inspect
from pipeline.video import reading
from pipeline.video.reading import read_frames
from pipeline.video.writing import write_video


def _write(path: Path, codec: str, frames: int, title: str = "", width: int = 64, height: int = 48) -> bytes:
    """Write grey pictures at 10 frames per second, and return the content of the file."""
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


def test_metadata_tags_need_not_be_utf8(tmp_path: Path) -> None:
    """Old cameras write Latin-1."""
    path = tmp_path / "film.avi"
    data = _write(path, "mjpeg", 3, title="Mxller")
    assert data.count(b"Mxller") == 1
    path.write_bytes(data.replace(b"Mxller", b"M\xfcller"))
    assert inspect(path, None, 0.0)[1].decoded_frames == 3
    assert len(list(read_frames(path, [0, 2]))) == 2


def test_a_stream_that_appears_midway_does_not_stop_the_reading(tmp_path: Path) -> None:
    """FLV has no list of streams: a sound stream that begins after 30 seconds is unknown when the file is opened."""
    path = tmp_path / "film.flv"
    data = _write(path, "flv", 400)
    offset = 13
    for _ in range(300):  # a tag: type (1 byte), size (3), time (4), 0 (3), content, and the size of all that (4)
        offset += 11 + int.from_bytes(data[offset + 1 : offset + 4], "big") + 4
    sound = b"\x3e" + bytes(200)  # uncompressed samples of 16 bits
    tag = b"\x08" + len(sound).to_bytes(3, "big") + data[offset + 4 : offset + 8] + bytes(3) + sound
    path.write_bytes(data[:offset] + tag + len(tag).to_bytes(4, "big") + data[offset:])
    table, quality = inspect(path, None, 0.0)
    assert table is not None
    assert (quality.decoded_frames, quality.bad_packets) == (400, 0)
    assert len(list(read_frames(path, [0, 399]))) == 2


def test_an_unknown_codec_is_the_reason_of_a_broken_video(tmp_path: Path) -> None:
    path = tmp_path / "film.mkv"
    data = _write(path, "mjpeg", 3)
    assert data.count(b"V_MJPEG") == 1
    path.write_bytes(data.replace(b"V_MJPEG", b"V_MYPEG"))
    table, quality = inspect(path, None, 0.0)
    assert table is None
    assert quality.reason == "the codec of its video stream is unknown"


def test_an_absurd_pixel_aspect_is_refused(tmp_path: Path) -> None:
    """MP4 stores the pixel aspect in the box `pasp`: here 1 : 2,130,706,432 (0x7F000000)."""
    path = tmp_path / "film.mp4"
    with av.open(path, "w") as container:
        stream: Any = container.add_stream("mpeg4", rate=10)
        stream.width, stream.height, stream.pix_fmt = 64, 48, "yuv420p"
        stream.codec_context.sample_aspect_ratio = 2
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((48, 64, 3), np.uint8), format="rgb24")))
        container.mux(stream.encode())
    data = path.read_bytes()
    offset = data.index(b"pasp") + 4
    assert data[offset : offset + 8] == bytes([0, 0, 0, 2, 0, 0, 0, 1])
    path.write_bytes(data[:offset] + bytes([0, 0, 0, 1, 0x7F, 0, 0, 0]) + data[offset + 8 :])
    table, quality = inspect(path, None, 0.0)
    assert table is None
    assert "each pixel is 4.69328e-10 times as wide as high; allowed: 0.25 to 4" in quality.reason


def test_packets_of_an_absurd_size_in_midstream_are_bad_packets(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    small = _write(tmp_path / "small.264", "libx264", 5)
    big = _write(tmp_path / "big.264", "libx264", 3, width=640, height=480)
    path = tmp_path / "film.264"
    path.write_bytes(small + big)
    monkeypatch.setattr(reading, "MAX_PIXELS", 64 * 48)
    table, quality = inspect(path, None, 1.0)
    assert table is not None
    assert quality.decoded_frames == 5
    assert quality.bad_packets >= 1
    assert "packets cannot be decoded" in inspect(path, None, 0.0)[1].reason


def test_times_that_give_far_too_many_rows_are_refused_at_a_constant_frame_rate(tmp_path: Path) -> None:
    """The second frame is at 1 hour instead of 0.1 s: two frames give 108,000 rows at 30 frames per second."""
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
    assert "span 3600 s with 2 frames, too few for 30 per second; decode.fps: null" in quality.reason


def test_a_file_that_cannot_be_read_is_an_error_and_not_a_broken_video(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        inspect(tmp_path / "none.mp4", None, 0.0)
    with pytest.raises(IsADirectoryError):
        inspect(tmp_path, None, 0.0)


def test_reasons_do_not_depend_on_the_path_of_the_file(tmp_path: Path) -> None:
    reasons = set()
    for name in ("a.mp4", "b.mp4"):
        write_video(tmp_path / name, [np.zeros((48, 64, 3), np.uint8)] * 3, 10.0)
        (tmp_path / name).write_bytes((tmp_path / name).read_bytes()[:400])
        reasons.add(inspect(tmp_path / name, None, 0.0)[1].reason)
    assert len(reasons) == 1
    assert reasons.pop()
