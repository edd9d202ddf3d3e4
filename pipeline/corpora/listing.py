"""Listing of a corpus: its recordings and labels, read from one of the known layouts and checked as a whole."""

import os
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from pipeline.corpora import avec2013, avec2014, videos
from pipeline.corpora.entry import Entry, Report
from pipeline.corpora.folds import Folds, subject_folds
from pipeline.name_list import list_names
from pipeline.records.labels import HIGHEST_SCORE, LOWEST_SCORE, PARTITIONS, Label

MAX_NAMED = 20  # ids or paths in one message


@dataclass(frozen=True)
class Layout:
    """The arrangement of a corpus on disk.

    Attributes:
        read: lists the entries below (root, labels root) and reports what is missing.
        published: the number of videos of each partition of the complete corpus; empty if there is no such number.
    """

    read: Callable[[Path, Path, Report], list[Entry]]
    published: Mapping[str, int] = field(default_factory=dict)


LAYOUTS = {
    "avec2013": Layout(avec2013.read, dict.fromkeys(PARTITIONS, 50)),
    "avec2014": Layout(avec2014.read, dict.fromkeys(PARTITIONS, 100)),
    "videos": Layout(videos.read),
}


class CorpusError(ValueError):
    """A corpus has problems; the message lists all of them."""


def list_corpus(
    layout: str, root: Path, labels_root: Path, complete: bool, folds: Folds | None = None
) -> tuple[dict[str, Path], list[Label], list[str]]:
    """Read and check a whole corpus.

    Args:
        layout: a key of `LAYOUTS`.
        root: the folder of the videos.
        labels_root: the folder of the labels.
        complete: whether the number of videos of each partition must be the published one.
        folds: subject-disjoint folds that replace the partitions of the corpus.

    Returns:
        The path of each recording's video by id, the labels sorted by id, and warnings.

    Raises:
        CorpusError: if there is any problem; the message lists all of them.
    """
    report = Report()
    if not root.is_dir():
        raise CorpusError(f"corpus.root: {root} is not a folder; the README says where corpora are expected")
    entries = LAYOUTS[layout].read(root, labels_root, report)
    labels = [label for entry in entries if (label := _label(entry, report)) is not None]
    _check_ids(entries, report)
    _check_files(entries, report)
    if not entries and not report.errors:
        report.errors.append(f"{root}: no video in the layout {layout}")
    if complete:
        _check_counts(labels, LAYOUTS[layout].published, root, report)
    if folds is not None:
        try:
            labels = subject_folds(labels, folds)
        except ValueError as error:
            report.errors.append(str(error))
    _warn_of_shared_subjects(labels, report)
    if unscored := [label.recording for label in labels if label.bdi is None]:
        report.warnings.append(
            f"{len(unscored)} videos without a score, predicted but not scored: {list_names(unscored, MAX_NAMED)}"
        )
    if report.errors:
        raise CorpusError(f"{root}: {len(report.errors)} problems\n" + "\n".join(f"  {line}" for line in report.errors))
    paths = {entry.recording: entry.path for entry in entries}
    return paths, sorted(labels, key=lambda label: label.recording), report.warnings


def _label(entry: Entry, report: Report) -> Label | None:
    """Return the label of an entry, or report its problem and return None."""
    bdi = None
    if entry.score is not None:
        try:
            bdi = float(entry.score)
        except ValueError:
            bdi = float("nan")
        if not LOWEST_SCORE <= bdi <= HIGHEST_SCORE:  # also refuses nan
            report.errors.append(
                f"{entry.source}: score {entry.score!r}; allowed: a number from {LOWEST_SCORE:g} to {HIGHEST_SCORE:g}"
            )
            return None
    try:
        age = float(entry.age) if entry.age else None
    except ValueError:
        report.errors.append(f"{entry.source}: age {entry.age!r}; allowed: years, or empty")
        return None
    try:
        return Label(
            entry.recording, entry.subject, entry.session, entry.task, entry.partition, bdi, sex=entry.sex, age=age
        )
    except ValueError as error:
        report.errors.append(f"{entry.source}: {error}")
        return None


def _check_ids(entries: Iterable[Entry], report: Report) -> None:
    paths_by_id = defaultdict(list)
    for entry in entries:
        paths_by_id[entry.recording].append(str(entry.path))
    for recording, paths in paths_by_id.items():
        if len(paths) > 1:
            report.errors.append(
                f"the id {recording} occurs {len(paths)} times: {list_names(paths, MAX_NAMED)}; allowed: once"
            )


def _check_files(entries: Iterable[Entry], report: Report) -> None:
    for entry in entries:
        if os.path.isdir(entry.path):
            report.errors.append(f"{entry.source}: a folder, not a file: {entry.path}")
        elif not os.path.isfile(entry.path):  # also if the name is one that no file can have
            report.errors.append(f"{entry.source}: no such file: {entry.path}")
        elif not os.access(entry.path, os.R_OK):
            report.errors.append(f"{entry.source}: no permission to read: {entry.path}")


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
        report.warnings.append(
            f"{len(shared)} subjects occur in more than one partition: {list_names(shared, MAX_NAMED)}"
        )
