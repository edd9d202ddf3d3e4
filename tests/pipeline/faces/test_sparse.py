"""Which rows are searched in full, and how the others are taken in blocks."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.faces.film import Film, blocks
from pipeline.faces.sparse import CUT, key_rows, spans
from pipeline.work.frames import FrameTable


def _film(change: list[float]) -> Film:
    return Film(Path("film.mp4"), np.arange(len(change)), np.array(change))


@pytest.mark.parametrize(
    ("rows", "cuts", "spacing", "expected"),
    [
        (1, [], 8, [0]),
        (9, [], 4, [0, 4, 8]),
        (10, [], 4, [0, 4, 8, 9]),
        (10, [6], 4, [0, 4, 5, 6, 8, 9]),
        (10, [4, 9], 4, [0, 3, 4, 8, 9]),
        (6, [], 1, [0, 1, 2, 3, 4, 5]),
        (0, [], 4, []),
    ],
)
def test_key_rows(rows: int, cuts: list[int], spacing: int, expected: list[int]) -> None:
    change = [CUT + 1 if row in cuts else 1.0 for row in range(rows)]
    assert key_rows(_film(change), spacing) == expected


@pytest.mark.parametrize(
    ("keys", "most", "expected"),
    [
        ([0, 4, 8, 9], 8, [(0, 2), (2, 3)]),
        ([0, 4, 8, 9], 100, [(0, 3)]),
        ([0, 40, 80], 8, [(0, 1), (1, 2)]),
        ([0], 8, []),
    ],
)
def test_spans_of_at_most_so_many_rows(keys: list[int], most: int, expected: list[tuple[int, int]]) -> None:
    assert list(spans(keys, most)) == expected


def test_a_frame_named_twice_is_one_row() -> None:
    none = np.zeros(5, bool)
    flat = np.zeros(5)
    table = FrameTable(np.array([0, 0, 1, 3, 3]), np.arange(5.0), none, none, flat, flat, np.arange(5.0))
    film = Film.of(Path("film.mp4"), table)
    assert film.frames.tolist() == [0, 1, 3]
    assert film.change.tolist() == [0.0, 2.0, 3.0]


def test_blocks() -> None:
    assert list(blocks(range(5), 2)) == [[0, 1], [2, 3], [4]]
