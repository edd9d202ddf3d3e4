"""Estimates as a test for one cut, `corpus.cut`: AUROC, balanced accuracy, sensitivity and specificity.

A video is positive if its score, and called positive if its estimate, is at the cut or above. What lies between two
whole scores counts with the nearest, as at the edges of bands, so a whole cut begins half a point below. AUROC asks how
well estimates order positive and negative videos, whatever the cut of the estimates.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.records.tables import write_rows
from pipeline.scoring.cutoffs import shares_at
from pipeline.scoring.subgroups import ALL_SEEN_UNSEEN, MODEL, Subgroup
from pipeline.scoring.summary import DECIMALS, format_cell
from pipeline.statistics.auroc import auroc
from pipeline.statistics.clusters import Sums, Values
from pipeline.statistics.interval import Interval
from pipeline.statistics.moments import ratio
from pipeline.statistics.scales import LOGIT
from pipeline.statistics.statistic import Statistic
from pipeline.statistics.studentised import Studentised

COLUMNS = ("subgroup", "cut", "measure", "videos", "subjects", "value", "low", "high")
SHARES = ("sensitivity", "specificity")
MEASURES = ("auroc", "balanced accuracy", *SHARES)


@dataclass(frozen=True)
class CutMeasure:
    """A measure at the cut.

    Attributes:
        subgroup: of the test videos.
        measure: one of `MEASURES`.
        videos: number of videos that it is computed from.
        subjects: number of their subjects.
        interval: the value with its interval.
    """

    subgroup: str
    measure: str
    videos: int
    subjects: int
    interval: Interval


def edge_of(cut: float) -> float:
    """Return the score or estimate from which on a video is positive, or is called so.

    Examples:
        >>> edge_of(10.0), edge_of(10.25)
        (9.5, 10.25)
    """
    return cut - 0.5 if cut == int(cut) else cut


def measures_at(subgroups: Sequence[Subgroup], cut: float) -> list[CutMeasure]:
    """Compute the measures for all, seen and unseen videos; those that the videos do not define are left out."""
    chosen = [subgroup for subgroup in subgroups if subgroup.name in ALL_SEEN_UNSEEN]
    return [item for subgroup in chosen for item in _measures(subgroup, edge_of(cut))]


def _measures(subgroup: Subgroup, edge: float) -> Iterator[CutMeasure]:
    positive, estimate = subgroup.truth >= edge, subgroup.estimates[MODEL]
    videos, subjects = len(positive), len(set(subgroup.subjects))
    whole = {
        "auroc": auroc(positive, estimate, subgroup.subjects),
        "balanced accuracy": balanced_accuracy(positive, estimate >= edge).interval(subgroup.subjects),
    }
    for name, interval in whole.items():
        if interval is not None:
            yield CutMeasure(subgroup.name, name, videos, subjects, interval)
    for share in shares_at(subgroup, edge):
        if share.measure in SHARES:
            yield CutMeasure(subgroup.name, share.measure, share.videos, share.subjects, share.interval)


def balanced_accuracy(positive: np.ndarray, called: np.ndarray) -> Statistic:
    """Return the mean of sensitivity and specificity; its interval is on the logit scale, over subjects."""
    features = np.stack([positive, positive & called, ~positive, ~positive & ~called], -1).astype(float)

    def function(sums: Sums) -> Values:
        return (ratio(sums[..., 1], sums[..., 0]) + ratio(sums[..., 3], sums[..., 2])) / 2

    return Statistic(features, function, Studentised(LOGIT))


def write_cut(path: Path, measures: Sequence[CutMeasure], cut: float) -> None:
    """Write one row for each subgroup and measure."""
    rows = [
        [
            item.subgroup,
            f"{cut:g}",
            item.measure,
            item.videos,
            item.subjects,
            *map(format_cell, (item.interval.value, item.interval.low, item.interval.high)),
        ]
        for item in measures
    ]
    write_rows(path, COLUMNS, rows)


def cut_metrics(measures: Sequence[CutMeasure], cut: float) -> Mapping[str, object]:
    """Return what metrics.json has of the cut: the measures over all videos, each with the ends of its interval."""
    values = {
        item.measure: {
            name: round(value, DECIMALS)
            for name, value in (
                ("value", item.interval.value),
                ("low", item.interval.low),
                ("high", item.interval.high),
            )
            if value is not None
        }
        for item in measures
        if item.subgroup == "all"
    }
    return {"score": cut, **values}
