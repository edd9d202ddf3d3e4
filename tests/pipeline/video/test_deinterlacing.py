"""Deinterlacing: one picture for one frame, exact numbers and flags, and what FFmpeg's filter gives by itself."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from pipeline.inspection.inspect_video import inspect
from pipeline.records.quality_notices import quality_notices
from pipeline.tracking.frame_reader import FrameReader
from pipeline.video.deinterlacing import deinterlaced
from pipeline.video.reading import open_video, read_frames

FLAGS = {"flags": "+ildct+ilme"}


def _moving(count: int) -> list[np.ndarray]:
    """A bright bar that moves 3 pixels from picture to picture, on noise that stands still."""
    noise = np.random.default_rng(0).integers(60, 90, (96, 128, 1), dtype=np.uint8).repeat(3, 2)
    pictures = [noise.copy() for _ in range(count)]
    for number, picture in enumerate(pictures):
        picture[:, 3 * number % 100 : 3 * number % 100 + 20] = 200
    return pictures


def _woven(pictures: Sequence[np.ndarray]) -> list[np.ndarray]:
    """Frames with the odd lines of one picture, and the even lines of the next; FFmpeg's encoder marks them so."""
    frames = [picture.copy() for picture in pictures[1::2]]
    for frame, first in zip(frames, pictures[::2], strict=True):
        frame[1::2] = first[1::2]
    return frames


def _write(path: Path, frames: Sequence[np.ndarray], interlaced: bool, gop: int = 4) -> Path:
    with av.open(path, "w") as container:
        stream: Any = container.add_stream("mpeg2video", rate=25, options=FLAGS if interlaced else {})
        stream.height, stream.width, stream.pix_fmt = *frames[0].shape[:2], "yuv420p"
        stream.bit_rate, stream.gop_size = 8_000_000, gop
        stream.codec_context.thread_count = 1
        for frame in frames:
            container.mux(stream.encode(av.VideoFrame.from_ndarray(frame, format="rgb24")))
        container.mux(stream.encode())
    return path


def _bwdif(path: Path) -> list[np.ndarray]:
    """All pictures of a file through FFmpeg's filter, in one graph."""
    graph, pictures = av.filter.Graph(), []
    with av.open(path) as container:
        stream = container.streams.video[0]
        source = graph.add_buffer(template=stream, time_base=stream.time_base)
        graph.link_nodes(source, graph.add("bwdif", "0:-1:1"), graph.add("buffersink")).configure()
        for frame in [*container.decode(stream), None]:
            graph.vpush(frame)
            try:
                while True:
                    pictures.append(graph.vpull().to_ndarray(format="rgb24"))
            except (av.error.BlockingIOError, av.error.EOFError):
                pass
    return pictures


def _combs(picture: np.ndarray) -> float:
    """Mean difference of a line to the mean of its neighbours: large where even and odd lines show two moments."""
    grey = picture.mean(-1)
    return float(np.abs(grey[1:-1] - (grey[:-2] + grey[2:]) / 2).mean())


@pytest.fixture(scope="module")
def woven(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twenty interlaced frames."""
    return _write(tmp_path_factory.mktemp("woven") / "film.mpg", _woven(_moving(40)), interlaced=True)


def test_interlaced_frames_are_deinterlaced_as_by_the_filter_alone(woven: Path) -> None:
    pictures = list(read_frames(woven, range(20)))
    np.testing.assert_array_equal(pictures, _bwdif(woven))
    with open_video(woven) as video:
        stored = [video.upright(frame) for frame in video.frames()]
    assert np.mean([_combs(p) for p in pictures]) < 0.6 * np.mean([_combs(p) for p in stored])


def test_numbers_times_and_flags_stay_those_of_the_decoder(woven: Path) -> None:
    """The bar, 6 pixels further with each frame, tells which frame a picture belongs to, also at the end."""
    with open_video(woven) as video:
        stored = [(f.time, f.key, f.corrupt, f.interlaced) for f in video.frames()]
    with open_video(woven) as video:
        frames = list(deinterlaced(video.frames()))
        assert [(f.time, f.key, f.corrupt, f.interlaced) for f in frames] == stored
        bars = [int(np.argmax(video.upright(f)[40, :, 0] > 150)) for f in frames]
    np.testing.assert_allclose(bars, [6 * number % 100 for number in range(20)], atol=2)
    for number in (0, 7, 19):
        np.testing.assert_array_equal(next(read_frames(woven, [number])), _bwdif(woven)[number])


def test_some_frames_are_the_same_as_in_sequence(woven: Path) -> None:
    table, quality = inspect(woven, None, 0.0)
    assert table is not None
    assert quality.interlaced_frames == 20
    assert quality_notices(quality) == ("20 of 20 frames are interlaced; they are deinterlaced",)
    reader = FrameReader.from_table(woven, table, quality.canvas)
    np.testing.assert_array_equal(list(reader.read([0, 9, 19])), [_bwdif(woven)[row] for row in (0, 9, 19)])


def test_progressive_frames_are_as_decoded_until_the_first_interlaced_one(tmp_path: Path) -> None:
    """Eight progressive frames, then twelve interlaced ones, in one stream."""
    parts = _moving(8), _woven(_moving(24))
    data = b""
    for number, frames in enumerate(parts):
        data += _write(tmp_path / f"{number}.m2v", frames, interlaced=bool(number)).read_bytes()
    path = tmp_path / "film.m2v"
    path.write_bytes(data)
    pictures = list(read_frames(path, range(20)))
    with open_video(path) as video:
        decoded = list(video.frames())
        stored = [video.upright(frame) for frame in decoded]
    assert [frame.interlaced for frame in decoded] == [False] * 8 + [True] * 12
    np.testing.assert_array_equal(pictures[:8], stored[:8])
    np.testing.assert_array_equal(pictures, _bwdif(path))


def test_pictures_that_are_wrongly_flagged_lose_little(tmp_path: Path) -> None:
    """Progressive pictures with interlaced coding: the mean error is below 2 levels of 255."""
    path = _write(tmp_path / "film.mpg", _moving(20), interlaced=True)
    with open_video(path) as video:
        stored = np.array([video.upright(frame) for frame in video.frames()], float)
    assert np.abs(np.array(list(read_frames(path, range(20))), float) - stored).mean() < 2


def test_a_change_of_size_begins_the_filter_anew(tmp_path: Path) -> None:
    turned = [np.ascontiguousarray(np.rot90(frame)) for frame in _woven(_moving(12))]
    data = _write(tmp_path / "a.m2v", _woven(_moving(12)), interlaced=True).read_bytes()
    data += _write(tmp_path / "b.m2v", turned, interlaced=True).read_bytes()
    path = tmp_path / "film.m2v"
    path.write_bytes(data)
    table, quality = inspect(path, None, 0.0)
    assert table is not None
    count = len(table) - 6  # before the change, where the decoder may lose a frame
    assert count >= 5
    assert quality.interlaced_frames == len(table)
    shapes = [picture.shape for picture in read_frames(path, range(len(table)))]
    assert shapes == [(96, 128, 3)] * count + [(128, 96, 3)] * 6
    assert len({picture.shape for picture in read_frames(path, range(len(table)), quality.canvas)}) == 1
