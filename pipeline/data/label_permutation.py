"""A control: scores permuted among sessions, so that faces carry no information about them.

A pipeline without leakage can then learn nothing but the mean.
"""

from collections.abc import Sequence
from dataclasses import replace

from pipeline.data.seeding import Purpose, generator
from pipeline.data.split import Split
from pipeline.records.labels import Label


def permute_labels(split: Split, seed: int) -> Split:
    """Permute the scores among the fitted sessions, and separately among the validated ones.

    Validated scores are permuted too, because they choose the epoch that is kept: no true pair of face and score is
    left.
    """
    return Split(_permute(split.fitted, seed, 0), _permute(split.validated, seed, 1))


def _permute(labels: Sequence[Label], seed: int, part: int) -> tuple[Label, ...]:
    """Give each session the score of another; the recordings of a session keep a common score."""
    sessions = [(label.subject, label.session or label.recording, label.bdi) for label in labels]
    names = sorted(set(sessions), key=str)
    order = generator(seed, Purpose.LABELS, part).permutation(len(names))
    scores = {name: names[source][2] for name, source in zip(names, order, strict=True)}
    return tuple(replace(label, bdi=scores[session]) for label, session in zip(labels, sessions, strict=True))
