"""A second, external corpus to test on: a model is fitted to one corpus and tested on the other, zero-shot.

All scored recordings of the external corpus are the test partition, whatever their own partitions; those of the first
corpus that are not for fitting are left out. So the model is the one of the first corpus alone.

    first corpus       training, development -> fitted       test -> left out
    external corpus    training, development, test, with a score -> test
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from pipeline.corpora.entry import Entry
from pipeline.corpora.listing import CorpusError, Scoring, list_corpus
from pipeline.name_list import list_names
from pipeline.name_twins import name_twin_errors
from pipeline.records.labels import Label
from pipeline.records.recordings import ID_RULE, is_id

PREFIX = "external_"  # of ids, and of subjects unless the corpora share their names


@dataclass(frozen=True)
class Listing:
    """The recordings of one or two corpora.

    Attributes:
        entries: the video of each recording, by id.
        labels: sorted by id.
        warnings: about them.
    """

    entries: dict[str, Entry]
    labels: list[Label]
    warnings: list[str]


def with_external(
    first: Listing, layout: str, root: Path, labels_root: Path, shared_subjects: bool, scoring: Scoring
) -> Listing:
    """Return the recordings to fit of a corpus, and those of an external corpus to test on.

    Args:
        first: the corpus whose training and development partitions are kept.
        layout: of the external corpus, a key of `LAYOUTS`.
        root: the folder of its videos.
        labels_root: the folder of its labels.
        shared_subjects: whether equal names of subjects are the same person in both corpora. If not, or if it is not
            known, subjects of the external corpus count as new people.
        scoring: what the scores of both corpora are.

    Raises:
        CorpusError: if the external corpus has problems, has no score, or an id that cannot be told apart.
    """
    if not root.is_dir():
        raise CorpusError(f"corpus.external.root: {root} is not a folder; allowed: the folder of the external corpus")
    entries, labels, warnings = list_corpus(layout, root, labels_root, complete=False, scoring=scoring)
    scored = [label for label in labels if label.score is not None]
    if not scored:
        raise CorpusError(f"{labels_root}: no video of the external corpus has a score, so nothing can be tested")
    fitted = [label for label in first.labels if label.partition != "test"]
    tested = [_as_test(label, shared_subjects) for label in scored]
    _check_ids([label.recording for label in fitted], [label.recording for label in tested])
    _check_subjects([label.subject for label in fitted], [label.subject for label in tested], shared_subjects)
    return Listing(
        {label.recording: first.entries[label.recording] for label in fitted}
        | {test.recording: entries[label.recording] for test, label in zip(tested, scored, strict=True)},
        sorted([*fitted, *tested], key=lambda label: label.recording),
        [*first.warnings, *(f"external corpus: {line}" for line in warnings), *_notes(first.labels, fitted, tested)],
    )


def _as_test(label: Label, shared_subjects: bool) -> Label:
    """Return a label of the external corpus as one of the test partition, with names that do not collide."""
    subject = label.subject if shared_subjects else PREFIX + label.subject
    return replace(label, recording=PREFIX + label.recording, subject=subject, partition="test")


def _check_ids(fitted: Sequence[str], tested: Sequence[str]) -> None:
    errors = [f"the id {name} of the external corpus; allowed: {ID_RULE}" for name in tested if not is_id(name)]
    errors += [f"the id {name} is in both corpora; rename it in the first one" for name in {*fitted} & {*tested}]
    errors += name_twin_errors("ids", {*fitted, *tested})
    if errors:
        raise CorpusError("\n".join(sorted(errors)))


def _check_subjects(fitted: Sequence[str], tested: Sequence[str], shared: bool) -> None:
    errors = name_twin_errors("subjects", {*fitted, *tested})
    if not shared:
        errors += [
            f"the subject {name} is in both corpora; rename it in the first one" for name in {*fitted} & {*tested}
        ]
    if errors:
        raise CorpusError("\n".join(sorted(errors)))


def _notes(first: Sequence[Label], fitted: Sequence[Label], tested: Sequence[Label]) -> list[str]:
    """Return what was left out, and who may be in both corpora."""
    people = {label.subject for label in fitted} & {label.subject for label in tested}
    met = (
        f"{len(people)} subjects are in both: {list_names(sorted(people))}"
        if people
        else "its subjects count as new people, which nobody has checked"
    )
    return [
        f"tested on the external corpus alone: {len(tested)} recordings; {len(first) - len(fitted)} test recordings of "
        f"the first corpus are left out; {met}"
    ]
