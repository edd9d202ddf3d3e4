"""The characteristics of the subjects of a corpus, "Table 1" of a paper: who is in each partition. It names nobody.

People are counted once, however many videos they have; scores are those of sessions, since all videos of a session
share one questionnaire. (TRIPOD+AI, Collins and others, BMJ 385, 2024, items 20a and 20b.)
"""

from collections import Counter, defaultdict
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.records.labels import PARTITIONS, Label
from pipeline.records.tables import write_rows
from pipeline.severity.scale import SeverityScale

ALL = "all"
COLUMNS = ("characteristic", *PARTITIONS, ALL)
UNKNOWN = "unknown"
QUARTILES = ("score_lowest", "score_first_quartile", "score_median", "score_third_quartile", "score_highest")


def write_characteristics(path: Path, labels: Sequence[Label], scale: SeverityScale) -> None:
    """Write one row for each characteristic, with a column for each partition and one for the whole corpus.

    A characteristic that a partition has not (a mean of no score, a sex that nobody has) is an empty cell.
    """
    parts = {name: [label for label in labels if label.partition == name] for name in PARTITIONS}
    columns = {name: characteristics(part, parts, scale) for name, part in (*parts.items(), (ALL, list(labels)))}
    write_rows(path, COLUMNS, ([name, *(column.get(name, "") for column in columns.values())] for name in columns[ALL]))


def characteristics(part: Sequence[Label], partitions: dict[str, list[Label]], scale: SeverityScale) -> dict[str, str]:
    """Return the characteristics of some of the labels, as cells of the table.

    Args:
        part: the labels.
        partitions: those of the whole corpus, by partition: to count the people of `part` in each.
        scale: of the scores.
    """
    people = {label.subject for label in part}
    sessions = _by_session(part)
    counts = {
        "subjects": len(people),
        "sessions": len(sessions),
        "videos": len(part),
        "videos_without_score": sum(label.score is None for label in part),
        **{
            f"subjects_in_{name}": len(people & {label.subject for label in labels})
            for name, labels in partitions.items()
        },
    }
    scores = [float(np.mean(known)) for items in sessions.values() if (known := _scores(items))]
    return {
        **{name: str(count) for name, count in counts.items()},
        **_of_scores(scores, scale),
        **_of_people(part),
    }


def _by_session(labels: Sequence[Label]) -> dict[tuple[str, str, str], list[Label]]:
    """Group labels by session; a recording with unknown session is a session by itself."""
    sessions = defaultdict(list)
    for label in labels:
        sessions[label.subject, label.session, "" if label.session else label.recording].append(label)
    return sessions


def _scores(labels: Sequence[Label]) -> list[float]:
    return [label.score for label in labels if label.score is not None]


def _of_scores(scores: Sequence[float], scale: SeverityScale) -> dict[str, str]:
    """Return the distribution of the scores of sessions, and their number in each band of severity."""
    cells = {"sessions_with_score": str(len(scores))}
    if scores:
        cells["score_mean"] = f"{np.mean(scores):.2f}"
        cells["score_sd"] = f"{np.std(scores, ddof=1):.2f}" if len(scores) > 1 else ""
        cells |= {
            name: f"{value:.2f}" for name, value in zip(QUARTILES, np.quantile(scores, np.arange(5) / 4), strict=True)
        }
    bands = Counter(scale.band_of(score).name for score in scores)
    return cells | {f"band_{band.name}": str(bands[band.name]) for band in scale.bands}


def _of_people(labels: Sequence[Label]) -> dict[str, str]:
    """Return the counts of people by sex, and the distribution of their mean ages; only what labels say."""
    sexes, ages = defaultdict(set), defaultdict(list)
    for label in labels:
        sexes[label.subject].add(label.sex or UNKNOWN)
        if label.age is not None:
            ages[label.subject].append(label.age)
    counts = Counter("/".join(sorted(values)) for values in sexes.values())
    cells = {f"sex_{sex}": str(count) for sex, count in sorted(counts.items())}
    if ages:
        years = [float(np.mean(values)) for values in ages.values()]
        cells["age_known"] = str(len(years))
        cells["age_mean"] = f"{np.mean(years):.1f}"
        cells["age_sd"] = f"{np.std(years, ddof=1):.1f}" if len(years) > 1 else ""
        cells["age_lowest"], cells["age_highest"] = f"{min(years):.3g}", f"{max(years):.3g}"
    return cells
