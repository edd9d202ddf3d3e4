"""Key rows of the sparse detector, and the blocks of rows between them."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.records.frame_table import CUT
from pipeline.tracking.frame_reader import FrameReader
from pipeline.tracking.sparse import key_rows, spans


def _reader(change: list[float], key: set[int]) -> FrameReader:
    rows = np.arange(len(change))
    return FrameReader(Path("film.mp4"), rows, rows / 25, np.isin(rows, list(key)), np.array(change), (64, 48))


@pytest.mark.parametrize(
    ("rows", "key", "cut", "spacing", "expected"),
    [
        (1, {0}, [], 8, [0]),
        (9, {0}, [], 4, [0, 4, 8]),
        (10, {0}, [6], 4, [0, 4, 6, 8]),
        (10, {0}, [4, 9], 4, [0, 4, 8, 9]),
        (12, {0, 3, 6, 9}, [], 4, [0, 6, 9]),  # key frames of the codec come first
        (12, {0, 5, 7}, [], 4, [0, 5, 8]),
        (8, {2}, [], 4, [0, 2, 4]),
        (4, {0}, [], 1, [0, 1, 2, 3]),
        (0, set(), [], 4, []),
    ],
)
def test_key_rows(rows: int, key: set[int], cut: list[int], spacing: int, expected: list[int]) -> None:
    change = [CUT + 1 if row in cut else 1.0 for row in range(rows)]
    assert key_rows(_reader(change, key), spacing) == expected


@pytest.mark.parametrize(
    ("keys", "max_rows", "expected"),
    [
        ([0, 4, 8, 9], 8, [(0, 2), (2, 3)]),
        ([0, 4, 8, 9], 100, [(0, 3)]),
        ([0, 40, 80], 8, [(0, 1), (1, 2)]),
        ([0], 8, []),
    ],
)
def test_spans_have_at_most_max_rows(keys: list[int], max_rows: int, expected: list[tuple[int, int]]) -> None:
    assert list(spans(keys, max_rows)) == expected
