"""Which differences between the rows of a study are real: each row against one, with what many rows do to it."""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from pipeline.comparing.multiplicity import expected_best, holm
from pipeline.comparing.ranking import first_shares
from pipeline.comparing.repeats import Repeats
from pipeline.comparing.seeded import seeded_difference, seeded_value, seeds_of
from pipeline.comparing.variance import pool
from pipeline.statistics.errors import rmse
from pipeline.statistics.interval import Interval
from pipeline.statistics.scales import IDENTITY
from pipeline.studies.collect import Row, ranks
from pipeline.studies.definition import Study


@dataclass(frozen=True)
class Contrasts:
    """The rows of a study that have estimates of the same videos, against one of them; lists have an entry per row.

    Attributes:
        reference: label of the row that the others are compared with.
        by_validation: whether it was chosen by validation RMSE; else it has the lowest RMSE on the test partition.
        compared: number of rows with estimates of the same videos.
        pairs: number of differences that Holm's p counts: those shown, or all if the reference was chosen by them.
        seeds_known: whether repeats of some row say what other seeds do.
        differences: RMSE minus that of the reference, with its interval; None of the reference and of other videos.
        adjusted: Holm's p of each difference; None likewise, and without interval.
        firsts: share of draws in which the row has the lowest RMSE; None of other videos.
        luck: by how many points the lowest of equally good rows is expected below their mean; None if not known.
    """

    reference: str
    by_validation: bool
    compared: int
    pairs: int
    seeds_known: bool
    differences: tuple[Interval | None, ...]
    adjusted: tuple[float | None, ...]
    firsts: tuple[float | None, ...]
    luck: float | None


def contrasts(study: Study, rows: Sequence[Row]) -> Contrasts | None:
    """Compare the rows of a study; None unless they are alternatives and two of them have the same videos."""
    models = _on_same_videos(rows) if study.ranked else {}
    if len(models) < 2:
        return None
    places = ranks(study, rows)
    validated = [number for number in models if places[number] == 1]
    values = {number: value.interval.value for number, item in models.items() if (value := seeded_value(item, rmse))}
    reference = validated[0] if validated else min(values, key=lambda number: values[number])
    lent = pool([seeds for item in models.values() if (seeds := seeds_of(item, rmse, IDENTITY))])
    others = {
        number: difference
        for number, item in models.items()
        if number != reference and (difference := seeded_difference(models[reference], item, rmse, lent))
    }
    count = len(models)
    pairs = len(others) if validated else count * (count - 1) // 2
    tested = {number: item.p for number, item in others.items() if item.p is not None}
    adjusted = dict(zip(tested, holm(list(tested.values()), max(pairs, len(tested))), strict=True))
    firsts = dict(zip(models, first_shares(list(models.values())), strict=True))
    errors = [
        difference.standard_error
        for first, second in combinations(models.values(), 2)
        if (difference := seeded_difference(first, second, rmse, lent)) and difference.standard_error is not None
    ]
    every = range(len(rows))
    return Contrasts(
        rows[reference].label,
        bool(validated),
        count,
        pairs,
        lent is not None,
        tuple(others[number].interval if number in others else None for number in every),
        tuple(adjusted.get(number) for number in every),
        tuple(firsts.get(number) for number in every),
        expected_best(count) * float(np.sqrt(np.mean(np.square(errors)) / 2)) if errors else None,
    )


def contrast_notes(found: Contrasts) -> list[str]:
    """Return the sentences below the table that say what the columns of differences hold, and what many rows do."""
    chosen = "ranks first by validation RMSE" if found.by_validation else "has the lowest RMSE on the test partition"
    counted = "differences shown" if found.by_validation else "differences between two rows, since they chose that row"
    sources = "other subjects and other seeds" if found.seeds_known else "other subjects alone"
    real = "a difference is real" if found.seeds_known else "a difference between these runs is real"
    lines = [
        f"Differences are paired, to {found.reference}, which {chosen}; an interval is of one difference alone. p is "
        f"Holm's, over all {found.pairs} {counted}: below 0.05 {real} even after so many looks.",
        f"Ranks first: share of draws of {sources} in which the row has the lowest RMSE. It says how sure the order "
        "is; to choose a row by it would be to choose on the test partition.",
    ]
    if found.luck is not None:
        without = "" if found.seeds_known else ", not counting the luck of training"
        lines.append(
            f"{found.compared} rows were looked at: if all were equally good, the lowest RMSE would be expected "
            f"{found.luck:.2f} points below their mean by chance{without}."
        )
    return lines


def _on_same_videos(rows: Sequence[Row]) -> dict[int, Repeats]:
    """Return the models of the rows that have the videos of the first such row, by the number of the row."""
    models = {number: row.models for number, row in enumerate(rows) if row.models}
    labels = {
        number: [(item.recording, item.subject, item.score) for item in models[number].videos] for number in models
    }
    first = next(iter(labels.values()), [])
    return {number: item for number, item in models.items() if first and labels[number] == first}
