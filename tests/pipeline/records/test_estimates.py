"""Tests of the estimates of spans and of recordings."""

import pytest

from pipeline.records.estimates import SpanEstimate, VideoEstimate


def test_a_score_is_a_weighted_mean() -> None:
    spans = (SpanEstimate(0, 0, 8, 8, 10.0), SpanEstimate(0, 8, 8, 8, 20.0), SpanEstimate(0, 10, 8, 2, 33.0))
    assert VideoEstimate("r", spans).score == pytest.approx((80 + 160 + 66) / 18)


def test_a_recording_without_spans_has_no_score() -> None:
    assert VideoEstimate("r", ()).score is None


@pytest.mark.parametrize("change", [{"length": 0}, {"weight": 0}, {"start": -1}])
def test_empty_and_negative_spans_are_refused(change: dict[str, int]) -> None:
    values = {"phase": 0, "start": 0, "length": 1, "weight": 1, **change}
    with pytest.raises(ValueError, match="allowed are a length and a weight from 1, and a start from 0"):
        SpanEstimate(**values, estimate=10.0)
