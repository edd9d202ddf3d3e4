"""Listing of a corpus: its recordings and labels, read from one of the known layouts and checked as a whole."""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.corpora import avec2013, avec2014, videos
from pipeline.corpora.entry import Entry, Report
from pipeline.corpora.entry_checks import check_entries, list_problems
from pipeline.corpora.folds import Folds, subject_folds
from pipeline.corpora.video_twins import video_twin_errors
from pipeline.name_list import list_names
from pipeline.name_twins import name_twin_errors
from pipeline.records.cells import parse_number
from pipeline.records.labels import PARTITIONS, Label
from pipeline.severity.scale import SeverityScale


@dataclass(frozen=True)
class Layout:
    """The arrangement of a corpus on disk.

    Attributes:
        read: lists the entries below (root, labels root) and reports what is missing.
        published: the number of videos of each partition of the complete corpus; empty if there is no such number.
        table: the name of the file in the labels root that has all scores; empty if there is a file for each.
        has_columns: whether the table may have several scores; `read` then takes the name of the column, too.
    """

    read: Callable[..., list[Entry]]
    published: Mapping[str, int] = field(default_factory=dict)
    table: str = ""
    has_columns: bool = False


LAYOUTS = {
    "avec2013": Layout(avec2013.read, dict.fromkeys(PARTITIONS, 50)),
    "avec2014": Layout(avec2014.read, dict.fromkeys(PARTITIONS, 100)),
    "videos": Layout(videos.read, table=videos.TABLE, has_columns=True),
}


@dataclass(frozen=True)
class Scoring:
    """What the scores of a corpus are.

    Attributes:
        scale: their scale; a score outside of its range is refused.
        column: the column of a table of scores in which they are.
    """

    scale: SeverityScale
    column: str = videos.SCORE


class CorpusError(ValueError):
    """A corpus has problems; the message lists all of them."""


def list_corpus(
    layout: str,
    root: Path,
    labels_root: Path,
    complete: bool,
    scoring: Scoring,
    folds: Folds | None = None,
) -> tuple[dict[str, Entry], list[Label], list[str]]:
    """Read and check a whole corpus.

    Args:
        layout: a key of `LAYOUTS`.
        root: the folder of the videos.
        labels_root: the folder of the labels.
        complete: whether the number of videos of each partition must be the published one.
        scoring: what its scores are.
        folds: subject-disjoint folds that replace the partitions of the corpus.

    Returns:
        The entry of each recording by id, the labels sorted by id, and warnings.

    Raises:
        CorpusError: if there is any problem; the message lists all of them.
    """
    report = Report()
    if not root.is_dir():
        raise CorpusError(
            f"corpus.root: {root} is not a folder; docs/reference/files.md says how a corpus lies on disk"
        )
    column = (scoring.column,) if LAYOUTS[layout].has_columns else ()
    entries = LAYOUTS[layout].read(root, labels_root, report, *column)
    labels = [label for entry in entries if (label := _label(entry, scoring.scale, report)) is not None]
    check_entries(entries, report)
    if not entries and not report.errors:
        report.errors.append(f"{root}: no video in the layout {layout}")
    if complete:
        _check_counts(labels, LAYOUTS[layout].published, root, report)
    if folds is not None:
        try:
            labels = subject_folds(labels, folds)
        except ValueError as error:
            report.errors.append(str(error))
    report.errors += name_twin_errors("subjects", {label.subject for label in labels})
    by_id = {entry.recording: entry for entry in entries}
    report.errors += video_twin_errors(labels, by_id, _files(entries))
    _warn_of_shared_subjects(labels, report)
    if unscored := [label.recording for label in labels if label.score is None]:
        report.warnings.append(
            f"{len(unscored)} videos without a score, estimated but not scored: {list_names(unscored)}"
        )
    if report.errors:
        raise CorpusError(list_problems(str(root), report.errors))
    return by_id, sorted(labels, key=lambda label: label.recording), report.warnings


def check_contents(labels: Sequence[Label], entries: Mapping[str, Entry], hashes: Mapping[str, str]) -> None:
    """Check that no two recordings have equal content.

    Args:
        labels: of the corpus.
        entries: of the corpus, by id.
        hashes: of the content of each video, by id.

    Raises:
        CorpusError: if any do; the message lists all of them, with their files, rows and partitions.
    """
    if errors := video_twin_errors(labels, entries, hashes):
        raise CorpusError(list_problems("the videos", errors))


def check_scores(labels: Sequence[Label], layout: str, labels_root: Path) -> list[str]:
    """Check that a model can be fitted to the scores of a corpus.

    Args:
        labels: of the corpus.
        layout: a key of `LAYOUTS`.
        labels_root: the folder of the labels, which messages name.

    Returns:
        Warnings, such as that no metric can be computed.

    Raises:
        CorpusError: if no recording of the training and development partitions has a score.
    """
    source = labels_root / LAYOUTS[layout].table
    scored = Counter(label.partition for label in labels if label.score is not None)
    if not scored["training"] + scored["development"]:
        counts = Counter(label.partition for label in labels)
        raise CorpusError(
            f"{source}: nothing can be fitted: of {counts['training']} training and {counts['development']} "
            "development videos none has a score; allowed: at least one video of these partitions with a score"
        )
    warnings = []
    if not scored["training"]:
        warnings.append(
            f"{source}: no training video has a score, so fine-tuning will fail if finetune.validation is development"
        )
    if not scored["test"]:
        warnings.append(f"{source}: no test video has a score, so there will be estimates, but no metrics")
    return warnings


def _label(entry: Entry, scale: SeverityScale, report: Report) -> Label | None:
    """Return the label of an entry, or report its problem and return None."""
    score = None
    if entry.score is not None:
        try:
            score = parse_number(entry.score)
        except ValueError:
            score = float("nan")
        if not scale.lowest <= score <= scale.highest:  # also refuses nan
            report.errors.append(
                f"{entry.source}: score {entry.score!r}; allowed: a number from {scale.lowest} to {scale.highest} "
                f"({scale.name}), such as 12 or 12.5; empty or NA if it is unknown"
            )
            return None
    try:
        age = parse_number(entry.age) if entry.age else None
    except ValueError:
        report.errors.append(f"{entry.source}: age {entry.age!r}; allowed: years, or empty")
        return None
    try:
        return Label(
            entry.recording, entry.subject, entry.session, entry.task, entry.partition, score, sex=entry.sex, age=age
        )
    except ValueError as error:
        report.errors.append(f"{entry.source}: {error}")
        return None


def _files(entries: Iterable[Entry]) -> dict[str, tuple[int, int]]:
    """Return what identifies the file of each entry, whatever path or link leads to it; missing files are left out."""
    states = {entry.recording: os.stat(entry.path) for entry in entries if os.path.isfile(entry.path)}
    return {name: (state.st_dev, state.st_ino) for name, state in states.items()}


def _check_counts(labels: Iterable[Label], published: Mapping[str, int], root: Path, report: Report) -> None:
    counts = Counter(label.partition for label in labels)
    for partition, count in published.items():
        if counts[partition] != count:
            report.errors.append(
                f"{root}: {counts[partition]} {partition} videos; the complete corpus has {count} "
                "(corpus.complete: false accepts an incomplete corpus)"
            )


def _warn_of_shared_subjects(labels: Iterable[Label], report: Report) -> None:
    partitions = defaultdict(set)
    for label in labels:
        partitions[label.subject].add(label.partition)
    if shared := sorted(subject for subject, names in partitions.items() if len(names) > 1):
        report.warnings.append(f"{len(shared)} subjects occur in more than one partition: {list_names(shared)}")
