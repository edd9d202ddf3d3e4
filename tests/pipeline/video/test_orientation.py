"""Orientation: all eight symmetries beside FFmpeg's own filters, in MP4, H.264 and Motion JPEG; changes midway."""

import struct
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from av.bitstream import BitStreamFilterContext

from pipeline.inspection.inspect_video import inspect
from pipeline.records.quality_notices import quality_notices
from pipeline.video.orientation import AS_STORED, ORIENTATIONS, orientation_of
from pipeline.video.reading import read_frames

# (a, b, c, d) of the matrix; the chain that the program ffmpeg inserts (fftools/ffmpeg_filter.c); the Exif orientation.
EIGHT = [
    ((1, 0, 0, 1), "null", 1),
    ((-1, 0, 0, 1), "hflip", 2),
    ((-1, 0, 0, -1), "hflip,vflip", 3),
    ((1, 0, 0, -1), "vflip", 4),
    ((0, 1, 1, 0), "transpose=cclock_flip", 5),
    ((0, 1, -1, 0), "transpose=clock", 6),
    ((0, -1, -1, 0), "transpose=clock_flip", 7),
    ((0, -1, 1, 0), "transpose=cclock", 8),
]
PICTURE = np.full((48, 64, 3), 40, np.uint8)  # no two of its eight orientations are alike
PICTURE[:24, :32], PICTURE[24:, :32] = 220, 130


def _write(path: Path, codec: str, frames: int = 3) -> Path:
    with av.open(path, "w") as container:
        stream: Any = container.add_stream(codec, rate=10, options={"crf": "0"} if codec == "libx264" else {})
        stream.height, stream.width = PICTURE.shape[:2]
        stream.pix_fmt = "yuvj420p" if codec == "mjpeg" else "yuv420p"
        for _ in range(frames):
            container.mux(stream.encode(av.VideoFrame.from_ndarray(PICTURE, format="rgb24")))
        container.mux(stream.encode())
    return path


def _with_matrix(path: Path, matrix: tuple[int, int, int, int]) -> Path:
    """Write a display matrix into the track header of an MP4 file."""
    data = bytearray(path.read_bytes())
    a, b, c, d = (value << 16 for value in matrix)
    struct.pack_into(">9i", data, data.index(b"tkhd") + 44, a, b, 0, c, d, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    return path


def _filtered(path: Path, chain: str) -> np.ndarray:
    """The first stored frame after a chain of FFmpeg's filters."""
    with av.open(path) as container:
        frame = next(container.decode(video=0))
    graph = av.filter.Graph()
    source = graph.add_buffer(width=64, height=48, format=frame.format, time_base=frame.time_base)
    nodes = [graph.add(*filter_.split("=")) for filter_ in chain.split(",")]
    graph.link_nodes(source, *nodes, graph.add("buffersink")).configure()
    graph.vpush(frame)
    return graph.vpull().to_ndarray(format="rgb24")


def _packed(*matrix: float) -> bytes:
    a, b, c, d = (round(value * (1 << 16)) for value in matrix)
    return struct.pack("=9i", a, b, 0, c, d, 0, 0, 0, 1 << 30)


@pytest.mark.parametrize(("matrix", "chain", "exif"), EIGHT)
def test_a_track_header_turns_pictures_as_ffmpeg_does(
    tmp_path: Path, matrix: tuple[int, int, int, int], chain: str, exif: int
) -> None:
    path = _with_matrix(_write(tmp_path / "film.mp4", "libx264"), matrix)
    expected = _filtered(path, chain)
    picture = next(read_frames(path, [1]))
    assert picture.shape == expected.shape
    np.testing.assert_allclose(picture.astype(int), expected.astype(int), atol=2)
    _, quality = inspect(path, None, 0.0)
    assert quality.canvas == (expected.shape[1], expected.shape[0])
    assert quality.mirrored == (np.linalg.det(np.reshape(matrix, (2, 2))) < 0)
    assert quality_notices(quality) == ()


@pytest.mark.parametrize(("matrix", "chain", "exif"), EIGHT)
def test_the_exif_orientation_of_motion_jpeg(
    tmp_path: Path, matrix: tuple[int, int, int, int], chain: str, exif: int
) -> None:
    """Exif (CIPA DC-008): one tag, 0x0112, in a TIFF header behind the first marker of each JPEG."""
    tiff = b"II*\0" + struct.pack("<IHHHIHHI", 8, 1, 0x0112, 3, 1, exif, 0, 0)
    marker = b"\xff\xe1" + struct.pack(">H", len(tiff) + 8) + b"Exif\0\0" + tiff
    plain, path = _write(tmp_path / "plain.mkv", "mjpeg"), tmp_path / "film.mkv"
    with av.open(plain) as source, av.open(path, "w") as container:
        stream = container.add_stream_from_template(source.streams.video[0])
        for packet in source.demux(video=0):
            if packet.size:
                data = bytes(packet)
                copy = av.Packet(data[:2] + marker + data[2:])
                copy.pts, copy.dts, copy.time_base, copy.stream = packet.pts, packet.dts, packet.time_base, stream
                copy.is_keyframe = True
                container.mux(copy)
    expected = _filtered(plain, chain)
    picture = next(read_frames(path, [1]))
    assert picture.shape == expected.shape
    np.testing.assert_allclose(picture.astype(int), expected.astype(int), atol=4)


def test_an_orientation_that_changes_within_the_stream(tmp_path: Path) -> None:
    """Display orientation messages in H.264: 10 frames as stored, then 20 that are turned counter-clockwise."""
    plain, path = tmp_path / "plain.h264", tmp_path / "film.h264"
    data = b""
    for frames, options in ((10, ""), (20, "=display_orientation=insert:rotate=90")):
        _write(plain, "libx264", frames)
        with av.open(plain) as container:
            stream = container.streams.video[0]
            bitstream = BitStreamFilterContext(f"h264_metadata{options}", stream)
            packets = [packet for packet in container.demux(stream) if packet.size]
            data += b"".join(bytes(out) for packet in packets for out in bitstream.filter(packet))
            data += b"".join(bytes(out) for out in bitstream.filter(None))
    path.write_bytes(data)
    table, quality = inspect(path, None, 0.0)
    assert table is not None
    assert (len(table), quality.rotation, quality.canvas) == (30, 90, (48, 64))
    assert (quality.turned_frames, quality.resized_frames) == (10, 10)
    assert "10 of 30 frames have another orientation than the rest" in " ".join(quality_notices(quality))
    first, last = read_frames(path, [0, 29], quality.canvas)
    np.testing.assert_allclose(last.astype(int), np.rot90(PICTURE).astype(int), atol=2)
    assert first.shape == (64, 48, 3)
    assert first[:14].max() == first[-14:].max() == 0  # 64 x 48 becomes 48 x 36, in the middle
    assert [first[20, 10, 0], first[44, 10, 0], first[32, 40, 0]] == pytest.approx([220, 130, 40], abs=2)


def test_matrices_between_two_orientations_go_to_the_nearest() -> None:
    cos, sin = np.cos(np.radians(40)), np.sin(np.radians(40))
    turned = orientation_of(_packed(cos, -sin, sin, cos))  # 40 degrees counter-clockwise
    assert (turned.rotation, turned.mirrored, turned.exact) == (0, False, False)
    turned = orientation_of(_packed(sin, -cos, cos, sin))  # 50 degrees
    assert (turned.rotation, turned.mirrored, turned.exact) == (90, False, False)
    turned = orientation_of(_packed(-cos, sin, sin, cos))  # mirrored
    assert (turned.rotation, turned.mirrored, turned.exact) == (0, True, False)
    assert orientation_of(_packed(-0.5, 0, 0, 2)) == ORIENTATIONS[-1, 0, 0, 1]  # a scale does not count
    tilted = np.radians(0.5)
    assert orientation_of(_packed(np.cos(tilted), np.sin(tilted), -np.sin(tilted), np.cos(tilted))) == AS_STORED
    assert not orientation_of(_packed(0, 0, 0, 1)).exact


def test_an_oblique_matrix_is_told(tmp_path: Path) -> None:
    path = _write(tmp_path / "film.mp4", "libx264")
    data = bytearray(path.read_bytes())
    struct.pack_into(">9i", data, data.index(b"tkhd") + 44, 60000, 26000, 0, -26000, 60000, 0, 0, 0, 1 << 30)
    path.write_bytes(data)
    _, quality = inspect(path, None, 0.0)
    assert (quality.rotation, quality.canvas, quality.oblique_frames) == (0, (64, 48), 3)
    assert quality_notices(quality) == (
        "the orientation of 3 of 3 frames is no right-angle turn; the nearest is taken",
    )
