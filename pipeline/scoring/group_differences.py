"""Differences between subgroups of the test videos: whether errors are larger for some people than for the others.

Two intervals that overlap do not say so, and neither do two that do not, among many. Here each group is compared with
all others of its kind (a sex with the other sexes), with the interval of the difference itself. People in both groups,
as with tasks, are one draw; so such a difference is paired. A group of fewer than three subjects has no interval: with
two, it would cover 0.85.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipeline.records.tables import write_rows
from pipeline.scoring.metrics import METRICS
from pipeline.scoring.subgroups import MODEL, Subgroup
from pipeline.scoring.summary import format_cell
from pipeline.statistics.interval import Interval
from pipeline.statistics.statistic import MIN_SUBJECTS, Statistic, difference

COLUMNS = ("kind", "group", "others", "metric", "group_subjects", "others_subjects", "difference", "low", "high")
COMPARED = ("rmse", "mae", "bias")


@dataclass(frozen=True)
class GroupDifference:
    """The metric of one group minus that of all others of its kind.

    Attributes:
        kind: seen, task, sex or age.
        group: name of the group.
        others: names of the others.
        metric: name of the metric.
        group_subjects: number of subjects in the group.
        others_subjects: number of subjects in the others.
        difference: with its interval.
    """

    kind: str
    group: str
    others: tuple[str, ...]
    metric: str
    group_subjects: int
    others_subjects: int
    difference: Interval


def group_differences(subgroups: Sequence[Subgroup]) -> list[GroupDifference]:
    """Compare each group with the others of its kind; of two groups only one comparison is made.

    Args:
        subgroups: see `pipeline.scoring.subgroups`; groups without others of their kind are left out.
    """
    kinds = {
        "seen": [item for item in subgroups if item.name in ("unseen", "seen")],
        **{kind: [item for item in subgroups if item.name.startswith(f"{kind} ")] for kind in ("task", "sex", "age")},
    }
    results = []
    for kind, groups in kinds.items():
        for number, group in enumerate(groups if len(groups) > 2 else groups[:-1]):
            others = [*groups[:number], *groups[number + 1 :]]
            results += [_compare(kind, group, others, metric) for metric in COMPARED]
    return results


def _compare(kind: str, group: Subgroup, others: Sequence[Subgroup], name: str) -> GroupDifference:
    members = [group, *others]
    truth = np.concatenate([item.truth for item in members])
    estimate = np.concatenate([item.estimates[MODEL] for item in members])
    in_group = np.arange(len(truth)) < len(group.truth)
    whole = METRICS[name].of(truth, estimate)
    first, second = (
        Statistic(whole.features * rows[:, None], whole.function, whole.method) for rows in (in_group, ~in_group)
    )
    interval = difference(first, second).interval([subject for item in members for subject in item.subjects])
    if interval is None:
        raise ValueError(f"{name} is not defined of the videos of {group.name} or of the others of its kind")
    other_subjects = {subject for item in others for subject in item.subjects}
    if min(len(set(group.subjects)), len(other_subjects)) < MIN_SUBJECTS:
        interval = Interval(interval.value, None, None, f"one side has fewer than {MIN_SUBJECTS} subjects")
    return GroupDifference(
        kind,
        group.name,
        tuple(item.name for item in others),
        name,
        len(set(group.subjects)),
        len(other_subjects),
        interval,
    )


def write_group_differences(path: Path, differences: Sequence[GroupDifference]) -> None:
    """Write one row for each comparison and metric."""
    rows = [
        [
            item.kind,
            item.group,
            "; ".join(item.others),
            item.metric,
            item.group_subjects,
            item.others_subjects,
            *map(format_cell, (item.difference.value, item.difference.low, item.difference.high)),
        ]
        for item in differences
    ]
    write_rows(path, COLUMNS, rows)
