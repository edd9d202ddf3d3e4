"""A control: scores dealt anew, so that faces say nothing of them, and an honest pipeline can only learn the mean."""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.data.seeding import Purpose, generator
from pipeline.data.split import Split
from pipeline.records.labels import Label


def permute_labels(division: Split, seed: int) -> Split:
    """Deal the scores anew among the sessions that are fitted, and likewise among those that are validated.

    Validated scores are dealt too, for they choose the epoch that is kept: no true pair of face and score is left.
    """
    return Split(_permuted(division.fitted, seed, 0), _permuted(division.validated, seed, 1))


def _permuted(labels: Sequence[Label], seed: int, part: int) -> tuple[Label, ...]:
    """The labels with the scores of other sessions; the recordings of a session go on sharing one."""
    sessions = [(label.subject, label.session or label.recording, label.bdi) for label in labels]
    names = sorted(set(sessions), key=str)
    order = generator(seed, Purpose.LABELS, part).permutation(len(names))
    given = {name: names[other][2] for name, other in zip(names, order, strict=True)}
    return tuple(replace(label, bdi=given[session]) for label, session in zip(labels, sessions, strict=True))
