"""Tests of sensitivity, specificity and predictive values at the cuts of bands: counted by hand."""

from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.scoring.cutoffs import COLUMNS, cutoff_shares, write_cutoffs
from pipeline.severity.scale import scale_of
from tests.pipeline.scoring.material import prediction, subgroups

# score, estimate. The lower edges of the bands are 13.5, 19.5 and 28.5.
VIDEOS = [(30, 29), (29, 20), (21, 19.6), (20, 19.4), (15, 13.4), (14, 40), (5, 13.5), (5, 13.4), (0, -3), (13, 2)]


def _shares(videos: Sequence[tuple[float, float]]) -> dict[tuple[str, str, str], tuple[float, int]]:
    predictions = [prediction(f"r{n}", score, estimate) for n, (score, estimate) in enumerate(videos)]
    items = cutoff_shares(subgroups(predictions, 15.0), scale_of())
    shares = [(item.subgroup, item.band.name, item.share) for item in items]
    return {(part, band, share.measure): (share.interval.value, share.videos) for part, band, share in shares}


def test_shares_at_each_cut_are_counted_by_hand() -> None:
    shares = _shares(VIDEOS)
    for band, expected in {
        "mild": ((6 / 10, 10), (5 / 6, 6), (3 / 4, 4), (5 / 6, 6), (3 / 4, 4)),
        "moderate": ((4 / 10, 10), (3 / 4, 4), (5 / 6, 6), (3 / 4, 4), (5 / 6, 6)),
        "severe": ((2 / 10, 10), (1 / 2, 2), (7 / 8, 8), (1 / 2, 2), (7 / 8, 8)),
    }.items():
        names = ("prevalence", "sensitivity", "specificity", "positive predictive value", "negative predictive value")
        for name, (value, videos) in zip(names, expected, strict=True):
            assert shares["all", band, name] == (pytest.approx(value), videos), (band, name)


def test_a_share_of_no_videos_is_left_out() -> None:
    shares = _shares([(3.0, 2.0), (8.0, 1.0)])
    assert ("all", "severe", "sensitivity") not in shares
    assert ("all", "severe", "positive predictive value") not in shares
    assert shares["all", "severe", "specificity"] == (1.0, 2)


def test_perfect_calls_have_an_interval_with_width(tmp_path: Path) -> None:
    predictions = [prediction(f"r{n}", 30.0, 35.0) for n in range(10)]
    items = cutoff_shares(subgroups(predictions, 15.0), scale_of())
    severe = [item.share for item in items if item.band.name == "severe"]
    sensitivity = next(share.interval for share in severe if share.measure == "sensitivity")
    assert sensitivity.low == pytest.approx(0.025 ** (1 / 10))  # Clopper and Pearson: all of 10
    assert sensitivity.high == 1
    write_cutoffs(tmp_path / "cutoffs.csv", items)
    lines = (tmp_path / "cutoffs.csv").read_text().splitlines()
    assert lines[0] == ",".join(COLUMNS)
    assert f"all,severe,28.5,sensitivity,10,10,1.0000,{0.025 ** (1 / 10):.4f},1.0000" in lines
