"""Estimates as a test for a band: sensitivity, specificity and predictive values at the lower edge of each band.

A video is positive if its score, and called positive if its estimate, is at the cut or above. The intervals of the
shares are exact (`pipeline.statistics.proportions`). The predictive values hold where as many are positive as here:
among people who are screened there are fewer, and a positive call is then more often wrong.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Bool

from pipeline.records.tables import write_rows
from pipeline.scoring.subgroups import ALL_SEEN_UNSEEN, MODEL, Subgroup
from pipeline.scoring.summary import format_cell
from pipeline.severity.scale import Band, SeverityScale
from pipeline.statistics.interval import Interval
from pipeline.statistics.proportions import share_of

COLUMNS = ("subgroup", "band", "cut", "measure", "videos", "subjects", "value", "low", "high")

Videos = Bool[np.ndarray, " videos"]


@dataclass(frozen=True)
class Share:
    """A share at one cut.

    Attributes:
        measure: prevalence, sensitivity, specificity, positive predictive value or negative predictive value.
        videos: number of videos that it is a share of.
        subjects: number of their subjects.
        interval: with its exact interval.
    """

    measure: str
    videos: int
    subjects: int
    interval: Interval


@dataclass(frozen=True)
class CutoffShare:
    """A share at the lower edge of a band.

    Attributes:
        subgroup: of the test videos.
        band: the band whose lower edge is the cut.
        share: the share.
    """

    subgroup: str
    band: Band
    share: Share


def cutoff_shares(subgroups: Sequence[Subgroup], scale: SeverityScale) -> list[CutoffShare]:
    """Compute the shares at the cuts of all bands of a scale but the lowest, for all, seen and unseen videos.

    A share of no videos is left out, as the sensitivity is if no score is in the band or above.
    """
    chosen = [subgroup for subgroup in subgroups if subgroup.name in ALL_SEEN_UNSEEN]
    return [
        CutoffShare(subgroup.name, band, share)
        for subgroup in chosen
        for band in scale.bands[1:]
        for share in shares_at(subgroup, band.edges[0])
    ]


def shares_at(subgroup: Subgroup, cut: float) -> Iterator[Share]:
    """Yield the shares of a subgroup at a cut, of scores and of estimates; a share of no videos is left out."""
    positive, called = subgroup.truth >= cut, subgroup.estimates[MODEL] >= cut
    everyone = np.ones_like(positive)
    measures: tuple[tuple[str, Videos, Videos], ...] = (  # name, videos that it is a share of, videos that count
        ("prevalence", everyone, positive),
        ("sensitivity", positive, called),
        ("specificity", ~positive, ~called),
        ("positive predictive value", called, positive),
        ("negative predictive value", ~called, ~positive),
    )
    for measure, among, counted in measures:
        subjects = [subject for subject, row in zip(subgroup.subjects, among.tolist(), strict=True) if row]
        if (interval := share_of(counted[among]).interval(subjects)) is not None:
            yield Share(measure, len(subjects), len(set(subjects)), interval)


def write_cutoffs(path: Path, shares: Sequence[CutoffShare]) -> None:
    """Write one row for each subgroup, band and measure."""
    rows = [
        [
            item.subgroup,
            item.band.name,
            f"{item.band.edges[0]:g}",
            item.share.measure,
            item.share.videos,
            item.share.subjects,
            *map(format_cell, (item.share.interval.value, item.share.interval.low, item.share.interval.high)),
        ]
        for item in shares
    ]
    write_rows(path, COLUMNS, rows)
