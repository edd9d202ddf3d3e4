"""The distinct pictures of a recording in blocks, and the rows that the survey searches."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.records.frame_table import CUT, FrameTable
from pipeline.tracking import frame_reader
from pipeline.tracking.frame_reader import FrameReader, batched, runs
from pipeline.video.reading import read_frames
from pipeline.video.writing import write_video


def _reader(change: list[float]) -> FrameReader:
    rows = np.arange(len(change))
    return FrameReader(Path("film.mp4"), rows, rows / 25, np.array(change), (64, 48))


def test_a_repeated_frame_is_one_row() -> None:
    key, corrupt, zeros = np.ones(5, bool), np.zeros(5, bool), np.zeros(5)
    table = FrameTable(np.array([0, 0, 1, 3, 3]), np.arange(5.0), key, corrupt, zeros, zeros, np.arange(5.0))
    reader = FrameReader.from_table(Path("film.mp4"), table, (64, 48))
    assert reader.frames.tolist() == [0, 1, 3]
    assert reader.time.tolist() == [0.0, 2.0, 3.0]
    assert reader.change.tolist() == [0.0, 2.0, 3.0]


@pytest.mark.parametrize(
    ("rows", "cut", "spacing", "expected"),
    [
        (1, [], 8, [0]),
        (9, [], 4, [0, 4, 8]),
        (10, [6], 4, [0, 4, 6, 8]),
        (10, [0, 4, 9], 4, [0, 4, 8, 9]),
        (4, [], 1, [0, 1, 2, 3]),
        (0, [], 4, []),
    ],
)
def test_key_rows(rows: int, cut: list[int], spacing: int, expected: list[int]) -> None:
    change = [CUT + 1 if row in cut else 1.0 for row in range(rows)]
    assert _reader(change).key_rows(spacing / 25) == expected


def test_key_rows_of_a_variable_rate_have_a_spacing_in_time() -> None:
    """25 frames/s for 0.4 s, then 5 frames/s, then a pause of a minute."""
    time = np.array([*np.arange(10) / 25, 0.4, 0.6, 0.8, 1.0, 1.2, 61.2, 61.24])
    reader = FrameReader(Path("film.mp4"), np.arange(len(time)), time, np.zeros(len(time)), (64, 48))
    assert reader.key_rows(0.2) == [0, 5, 10, 11, 12, 13, 14, 15]
    assert reader.key_rows(1.0) == [0, 13, 15]
    assert reader.key_rows(100.0) == [0, 15]  # the row after the pause begins a shot
    assert reader.key_rows(0.01) == list(range(17))  # no more than the rows there are


@pytest.mark.parametrize(
    ("rows", "longest", "expected"),
    [
        ([0, 4, 8, 9], 8, [[0, 4, 8], [8, 9]]),
        ([0, 4, 8, 9], 100, [[0, 4, 8, 9]]),
        ([0, 40, 80], 8, [[0, 40], [40, 80]]),
        ([0, 4, 44, 46], 8, [[0, 4], [4, 44], [44, 46]]),
        ([0, 1], 8, [[0, 1]]),
    ],
)
def test_runs_have_a_longest_length_where_possible(rows: list[int], longest: int, expected: list[list[int]]) -> None:
    assert list(runs(rows, longest)) == expected


def test_blocks_share_the_picture_of_the_key_row_between_them(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, scene = tmp_path / "film.mp4", np.random.default_rng(0).integers(0, 256, (48, 64, 3), dtype=np.uint8)
    write_video(path, (np.roll(scene, t, 1) for t in range(11)), 25.0)
    pictures = list(read_frames(path, range(11)))
    monkeypatch.setattr(frame_reader, "BLOCK_BYTES", 6 * 48 * 64 * 3)
    reader = FrameReader(path, np.arange(11), np.arange(11) / 25, np.zeros(11), (64, 48))
    blocks = [
        (keys, {row: picture.copy() for row, picture in block.items()}) for keys, block in reader.blocks([0, 3, 6, 9])
    ]
    assert [keys for keys, _ in blocks] == [[0, 3, 6], [6, 9, 11]]
    assert [list(block) for _, block in blocks] == [[0, 1, 2, 3, 4, 5, 6], [6, 7, 8, 9, 10]]
    for _, block in blocks:
        for row, picture in block.items():
            np.testing.assert_array_equal(picture, pictures[row])


def test_all_blocks_have_their_pictures_in_one_place(monkeypatch: pytest.MonkeyPatch) -> None:
    picture = np.zeros((48, 64, 3), np.uint8)
    monkeypatch.setattr(FrameReader, "read", lambda _, rows: iter([picture] * len(rows)))
    monkeypatch.setattr(frame_reader, "BLOCK_BYTES", 4 * picture.nbytes)
    blocks = [dict(block) for _, block in _reader([1.0] * 20).blocks(range(20))]
    assert [len(block) for block in blocks] == [5, 5, 5, 5, 4]
    places = {picture.__array_interface__["data"][0] for block in blocks for picture in block.values()}
    assert len(places) == 5


def test_batched() -> None:
    assert list(batched(range(5), 2)) == [[0, 1], [2, 3], [4]]
