"""Formats of pictures and times, each in a small file written here: rotation, pixel aspect, colours, timestamps.

Colours and matrices are worked out from their standards, not by the library that reads them.
"""

import struct
from collections.abc import Sequence
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from pipeline.inspection.inspect_video import inspect
from pipeline.video.reading import read_frames

BARS = np.array(
    [
        [[255, 0, 0], [0, 255, 0], [0, 0, 255], [255, 255, 255]],
        [[0, 0, 0], [128, 128, 128], [200, 150, 120], [90, 60, 40]],
    ],
    np.uint8,
)
MATRIX = {"BT.601": (0.299, 0.114, 5), "BT.709": (0.2126, 0.0722, 1)}  # Kr, Kb, value of the tag
LIMITED, FULL = 1, 2  # values of the tag


def _grey(levels: Sequence[int], height: int = 48, width: int = 64) -> list[np.ndarray]:
    return [np.full((height, width, 3), level, np.uint8) for level in levels]


def _write(
    path: Path,
    pictures: Sequence[np.ndarray],
    codec: str = "libx264",
    aspect: Fraction | None = None,
    milliseconds: Sequence[int] | None = None,
    sound: bool = False,
) -> Path:
    """Write pictures at 10 frames per second or at the given times, optionally after a sound track."""
    with av.open(path, "w") as container:
        audio: Any = container.add_stream("pcm_s16le", rate=8000, layout="mono") if sound else None
        stream: Any = container.add_stream(codec, rate=1000 if milliseconds else 10)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        if aspect:
            stream.codec_context.sample_aspect_ratio = aspect
        if audio:
            silence = av.AudioFrame.from_ndarray(np.zeros((1, 4000), np.int16), format="s16", layout="mono")
            silence.sample_rate = 8000
            container.mux(audio.encode(silence))
            container.mux(audio.encode())
        for number, picture in enumerate(pictures):
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            if milliseconds:
                frame.pts, frame.time_base = milliseconds[number], Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())
    return path


@pytest.mark.parametrize(
    ("matrix", "bright"),
    [
        ((1, 0, 0, 1), "left"),
        ((0, 1, -1, 0), "top"),  # right becomes down: a quarter turn clockwise
        ((-1, 0, 0, -1), "right"),
        ((0, -1, 1, 0), "bottom"),
    ],
)
def test_pictures_are_rotated_according_to_the_display_matrix(
    tmp_path: Path, matrix: tuple[int, int, int, int], bright: str
) -> None:
    """The matrix of the track header maps (x, y) to (a x + c y, b x + d y), y downwards; the left half is bright."""
    picture = np.full((48, 64, 3), 40, np.uint8)
    picture[:, :32] = 220
    path = _write(tmp_path / "film.mp4", [picture] * 3)
    data = bytearray(path.read_bytes())
    offset = data.index(b"tkhd") + 44
    assert struct.unpack_from(">9i", data, offset) == (1 << 16, 0, 0, 0, 1 << 16, 0, 0, 0, 1 << 30)
    a, b, c, d = (value << 16 for value in matrix)
    struct.pack_into(">9i", data, offset, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    frame = next(read_frames(path, [1])).astype(float)
    height, width = frame.shape[:2]
    assert (height, width) == ((64, 48) if bright in ("top", "bottom") else (48, 64))
    halves = {
        "left": frame[:, : width // 2],
        "right": frame[:, width // 2 :],
        "top": frame[: height // 2],
        "bottom": frame[height // 2 :],
    }
    assert halves[bright].mean() == pytest.approx(220, abs=4)
    assert frame.mean() == pytest.approx(130, abs=4)
    _, quality = inspect(path, None, 0.0)
    assert (quality.width, quality.height) == (width, height)


@pytest.mark.parametrize(
    ("aspect", "size"), [(Fraction(2), (128, 48)), (Fraction(1, 2), (64, 96)), (Fraction(16, 11), (93, 48))]
)
def test_pixels_become_square(tmp_path: Path, aspect: Fraction, size: tuple[int, int]) -> None:
    path = _write(tmp_path / "film.mp4", _grey([100] * 3), aspect=aspect)
    _, quality = inspect(path, None, 0.0)
    assert (quality.width, quality.height) == size
    assert quality.sample_aspect == pytest.approx(float(aspect), abs=1e-4)
    assert next(read_frames(path, [2])).shape == (size[1], size[0], 3)


@pytest.mark.parametrize(("codec", "name"), [("libx264", "film.mp4"), ("mjpeg", "film.mkv")])
def test_colours_stay_when_pixels_become_square(tmp_path: Path, codec: str, name: str) -> None:
    """With the limited range of H.264 and the full range of JPEG; each colour keeps its place."""
    colours = np.array([[200, 40, 40], [8, 8, 8], [40, 180, 60], [50, 60, 200], [245, 245, 245]], np.uint8)
    picture = np.ascontiguousarray(np.broadcast_to(colours.repeat(32, 0), (48, 160, 3)))
    path = _write(tmp_path / name, [picture] * 2, codec, aspect=Fraction(4, 3))
    stretched = next(read_frames(path, [1]))
    assert stretched.shape == (48, 213, 3)
    centres = ((np.arange(5) + 0.5) * 213 / 5).astype(int)
    np.testing.assert_allclose(stretched[24, centres].astype(int), colours, atol=6)
    assert stretched[:, -1].min() > 230  # the last column of an odd width, too
    changes = np.flatnonzero(np.abs(np.diff(stretched[24].astype(int), axis=0)).sum(1) > 90)
    edges = np.arange(1, 5) * 213 / 5
    assert np.abs(changes[:, None] + 1 - edges).min(1).max() < 2
    assert np.abs(changes[:, None] + 1 - edges).min(0).max() < 2


def test_variable_steps_are_kept_and_times_start_at_zero(tmp_path: Path) -> None:
    path = _write(tmp_path / "film.mkv", _grey([10, 60, 110, 160, 210]), milliseconds=[500, 540, 580, 700, 740])
    native, quality = inspect(path, None, 0.0)
    assert native is not None
    np.testing.assert_allclose(native.time, [0, 0.04, 0.08, 0.2, 0.24], atol=1e-9)
    assert (quality.times, quality.fps, quality.longest_step, quality.seconds) == ("stamps", 25.0, 0.12, 0.24)
    constant, _ = inspect(path, 25.0, 0.0)
    assert constant is not None
    assert constant.frame.tolist() == [0, 1, 2, 2, 2, 3, 4]  # the third is visible until 0.2 s
    brightness = [picture.mean() for picture in read_frames(path, constant.frame.tolist())]
    np.testing.assert_allclose(brightness, [10, 60, 110, 110, 110, 160, 210], atol=3)


def test_a_stream_without_timestamps_that_changes_its_size(tmp_path: Path) -> None:
    """Raw H.264 has no times, and concatenated streams are one; of equally frequent sizes the first is the canvas."""
    first = _write(tmp_path / "first.264", _grey([50, 60, 70]))
    second = _write(tmp_path / "second.264", _grey([80, 90, 100], height=96, width=48))
    path = tmp_path / "both.264"
    path.write_bytes(first.read_bytes() + second.read_bytes())
    table, quality = inspect(path, None, 0.0)
    assert table is not None
    assert (quality.times, quality.decoded_frames, quality.width, quality.height) == ("assumed", 6, 64, 48)
    np.testing.assert_allclose(table.time, np.arange(6) / 25)
    np.testing.assert_allclose(table.brightness, [50, 60, 70, 80, 90, 100], atol=2)
    assert quality.resized_frames == 3
    pictures = list(read_frames(path, range(6), quality.canvas))
    assert {picture.shape for picture in pictures} == {(48, 64, 3)}
    assert [picture[:, :20].max() for picture in pictures[3:]] == [0, 0, 0]  # 48 x 96 becomes 24 x 48, in the middle
    assert [picture[:, 44:].max() for picture in pictures[3:]] == [0, 0, 0]
    np.testing.assert_allclose([picture[:, 20:44].mean() for picture in pictures[3:]], [80, 90, 100], atol=2)


def test_frames_are_counted_whatever_the_header_says(tmp_path: Path) -> None:
    path = _write(tmp_path / "film.avi", _grey(range(0, 200, 10)), codec="mjpeg")
    data = bytearray(path.read_bytes())
    offset = data.index(b"strh") + 8 + 32  # the length in the header of the stream
    assert struct.unpack_from("<I", data, offset) == (20,)
    struct.pack_into("<I", data, offset, 98)
    path.write_bytes(data)
    table, quality = inspect(path, None, 0.0)
    assert table is not None
    assert (quality.header_frames, quality.decoded_frames, len(table)) == (98, 20, 20)


def test_a_sound_track_before_the_pictures_is_skipped(tmp_path: Path) -> None:
    path = _write(tmp_path / "film.mov", _grey([50, 100, 150]), sound=True)
    with av.open(path) as container:
        assert [stream.type for stream in container.streams] == ["audio", "video"]
    table, quality = inspect(path, None, 0.0)
    assert table is not None
    assert (len(table), quality.codec, quality.bad_packets) == (3, "h264", 0)
    np.testing.assert_allclose([picture.mean() for picture in read_frames(path, [0, 1, 2])], [50, 100, 150], atol=2)


def test_black_frames_at_the_beginning_are_counted_and_kept(tmp_path: Path) -> None:
    path = _write(tmp_path / "film.mp4", _grey([0, 0, 0, 120, 130, 140, 150, 160]))
    table, quality = inspect(path, None, 0.0)
    assert table is not None
    assert table.frame.tolist() == list(range(8))
    assert (table.brightness < 16).tolist() == [True] * 3 + [False] * 5
    assert (quality.black, quality.frozen) == (0.375, 0.2857)  # 3 of 8 rows, 2 of 7 steps


def test_a_real_black_first_frame_after_data_and_sound_streams(real_data: Path) -> None:
    path = real_data / "videos" / "streamio_data_streams.mp4"
    with av.open(path) as container:
        assert container.streams[0].type == "audio"
        assert len(container.streams) > 2
    table, _ = inspect(path, None, 0.0)
    assert table is not None
    assert table.brightness[0] < 1 < 16 < table.brightness[40]


def _planes(picture: np.ndarray, matrix: str, colour_range: int) -> list[np.ndarray]:
    """Y, Cb and Cr of 8 bits, as defined in ITU-R BT.601 and BT.709; chroma at half the size."""
    kr, kb, _ = MATRIX[matrix]
    red, green, blue = np.moveaxis(picture.astype(float), -1, 0)
    luma = kr * red + (1 - kr - kb) * green + kb * blue
    chroma = [(blue - luma) / (2 * (1 - kb)), (red - luma) / (2 * (1 - kr))]
    black, y_scale, c_scale = (16, 219 / 255, 224 / 255) if colour_range == LIMITED else (0, 1.0, 1.0)
    return [black + y_scale * luma, *(128 + c_scale * plane[::2, ::2] for plane in chroma)]


@pytest.mark.parametrize("matrix", MATRIX)
@pytest.mark.parametrize("colour_range", [LIMITED, FULL], ids=["limited", "full"])
@pytest.mark.parametrize("bits", [8, 10])
@pytest.mark.parametrize("aspect", [1, 2])
def test_a_picture_does_not_depend_on_how_its_colours_are_stored(
    tmp_path: Path, matrix: str, colour_range: int, bits: int, aspect: int
) -> None:
    picture = BARS.repeat(32, 0).repeat(32, 1)
    height, width = picture.shape[:2]
    pixel_format = "yuv420p" if bits == 8 else "yuv420p10le"
    path = tmp_path / "film.mp4"
    frame = av.VideoFrame(width, height, pixel_format)
    for plane, values in zip(frame.planes, _planes(picture, matrix, colour_range), strict=True):
        dtype = np.dtype(np.uint8 if bits == 8 else np.uint16)
        lines = np.zeros((plane.height, plane.line_size // dtype.itemsize), dtype)
        lines[:, : plane.width] = np.clip(np.round(values * 2 ** (bits - 8)), 0, 2**bits - 1)
        plane.update(lines.tobytes())
    with av.open(path, "w") as container:
        stream: Any = container.add_stream("libx264", rate=10, options={"crf": "0"})
        stream.width, stream.height, stream.pix_fmt = width, height, pixel_format
        for target in (frame, stream.codec_context):
            target.color_range, target.colorspace = colour_range, MATRIX[matrix][2]
        stream.codec_context.sample_aspect_ratio = aspect
        container.mux(stream.encode(frame))
        container.mux(stream.encode())
    decoded = next(read_frames(path, [0])).astype(int)
    assert np.abs(decoded[16::32, 16 * aspect :: 32 * aspect] - BARS).max() <= 3
    table, _ = inspect(path, None, 0.0)
    assert table is not None
    assert table.brightness[0] == pytest.approx(_planes(picture, matrix, FULL)[0].mean(), abs=0.5)
