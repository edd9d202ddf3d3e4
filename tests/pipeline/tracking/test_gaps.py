"""Gaps in a track: filled up to the limit, and never from one shot to the next."""

from collections.abc import Iterator

import numpy as np
import pytest

from pipeline.faces.face_crop import Face
from pipeline.tracking.gaps import Row, fill_gaps


@pytest.mark.parametrize(
    ("faces", "cuts", "expected"),
    [
        ("x..x", set(), "xiix"),
        ("x...x", set(), "x...x"),
        ("..x.x..", set(), "..xix.."),
        ("x...x.x", set(), "x...xix"),
        ("x..x", {2}, "x..x"),  # a shot begins inside the gap
        ("x..x", {3}, "x..x"),
        ("x.x.x", {1}, "x.xix"),
        ("x.x.x", {4}, "xix.x"),
        ("x.x.x", {0, 2}, "x.xix"),
        ("", set(), ""),
    ],
)
def test_gaps_of_two_rows_are_filled_within_a_shot(faces: str, cuts: set[int], expected: str) -> None:
    picture = np.zeros((2, 2, 3), np.uint8)
    face = Face(np.array([0.0, 0, 1, 1]), np.zeros((5, 2)), 1.0, "detected")
    rows = [(picture + number, face if mark == "x" else None) for number, mark in enumerate(faces)]
    filled = list(fill_gaps(rows, 2, cuts))
    marks = {"detected": "x", "interpolated": "i"}
    assert "".join("." if face is None else marks[face.origin] for _, face in filled) == expected
    assert [picture[0, 0, 0] for picture, _ in filled] == list(range(len(faces)))


def test_pictures_of_a_gap_may_be_overwritten() -> None:
    """As those of one block of a recording are by the next."""
    place = np.zeros((2, 2, 3), np.uint8)
    face = Face(np.array([0.0, 0, 1, 1]), np.zeros((5, 2)), 1.0, "detected")

    def rows() -> Iterator[Row]:
        for number, mark in enumerate("x..x"):
            place[:] = number
            yield place, face if mark == "x" else None

    assert [picture[0, 0, 0] for picture, _ in fill_gaps(rows(), 2)] == [0, 1, 2, 3]
