"""Tests of the severity bands against the paper's: minimal 0-13, mild 14-19, moderate 20-28, severe 29-63."""

from itertools import pairwise

import pytest

from pipeline.scoring.bands import BANDS, band_of


def test_bands_are_those_of_the_paper() -> None:
    assert [(band.name, band.low, band.high) for band in BANDS] == [
        ("minimal", 0, 13),
        ("mild", 14, 19),
        ("moderate", 20, 28),
        ("severe", 29, 63),
    ]


def test_bands_leave_no_gap_between_estimates() -> None:
    assert [band.edges for band in BANDS] == [(-0.5, 13.5), (13.5, 19.5), (19.5, 28.5), (28.5, 63.5)]
    assert all(lower.edges[1] == upper.edges[0] for lower, upper in pairwise(BANDS))


@pytest.mark.parametrize(
    ("score", "name"),
    [(0, "minimal"), (13.49, "minimal"), (13.5, "mild"), (19.5, "moderate"), (28, "moderate"), (28.5, "severe")],
)
def test_an_estimate_is_in_the_band_of_the_nearest_score(score: float, name: str) -> None:
    assert band_of(score).name == name
    assert (band_of(-3.0).name, band_of(99.0).name) == ("minimal", "severe")
