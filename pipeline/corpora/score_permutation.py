"""A control: scores permuted over the whole corpus, so that faces carry no information about them.

Fitted and tested scores are permuted together, after the recordings have got their partitions: no partition moves. A
pipeline without leakage then estimates no better than a constant. One that does better has seen what it is tested on,
because nothing else links a face to a permuted score. There are two units of exchange:

    sessions    every session gets the score of some session; all videos of a session keep one score
    subjects    the scores of a subject move together, in the order of the sessions, to a subject with as many sessions

Sessions of one person are alike, so they are exchangeable only if persons do not matter. Whole persons are exchangeable
whatever their sessions share, but only with persons of as many sessions (whole-block exchangeability: Winkler et al.,
"Multi-level block permutation", NeuroImage 123, 2015). A subject who alone has that number of sessions keeps their
scores.
"""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace

from pipeline.data.seeding import Purpose, generator
from pipeline.name_list import list_names
from pipeline.records.labels import Label

Session = tuple[str, str, float]  # subject, session (or recording, if unknown), score


def permute_scores(labels: Sequence[Label], unit: str, draw: int) -> list[Label]:
    """Permute the scores; videos without a score stay without.

    Args:
        labels: of the whole corpus.
        unit: what is exchanged: sessions or subjects.
        draw: which permutation, from 0. All permutations are equally likely, also the one that changes nothing.

    Returns:
        The labels in their order, each with the words for what was done to its score.

    Raises:
        ValueError: if nothing can be exchanged.
    """
    groups = _exchangeable(labels, unit)
    if all(len(group) == 1 for group in groups):
        raise ValueError(
            f"corpus.labels is permuted_{unit}, but nothing can be exchanged: allowed for a corpus with two "
            + ("scored sessions" if unit == "sessions" else "subjects that have equally many scored sessions")
        )
    scores: dict[Session, float] = {}
    for number, group in enumerate(groups):
        order = generator(draw, Purpose.LABELS, number).permutation(len(group))
        for target, source in zip(group, order, strict=True):
            scores |= {session: score for session, (*_, score) in zip(target, group[source], strict=True)}
    words = f"scores permuted among {unit}, draw {draw}"
    return [
        replace(label, permuted=words, score=None if label.score is None else scores[_session(label, label.score)])
        for label in labels
    ]


def permutation_warnings(labels: Sequence[Label], unit: str) -> list[str]:
    """Return warnings: that this is a control, and who keeps their scores because nobody has as many sessions.

    Args:
        labels: of the whole corpus.
        unit: what is exchanged: sessions or subjects.
    """
    warnings = [f"corpus.labels: scores are permuted among {unit}; this is a control, and its metrics are no result"]
    if alone := [group[0][0][0] for group in _exchangeable(labels, unit) if len(group) == 1]:
        count = len({label.subject for label in labels if label.score is not None})
        warnings.append(
            f"{len(alone)} of {count} subjects keep their scores, because no other has as many scored sessions: "
            f"{list_names(alone)}"
        )
    return warnings


def _exchangeable(labels: Sequence[Label], unit: str) -> list[list[list[Session]]]:
    """Return the groups of blocks that may be exchanged; a block is a list of sessions, all of a group as long."""
    sessions = sorted({_session(label, label.score) for label in labels if label.score is not None})
    if unit == "sessions":
        return [[[session] for session in sessions]]
    by_subject: Mapping[str, list[Session]] = defaultdict(list)
    for session in sessions:
        by_subject[session[0]].append(session)
    by_length: Mapping[int, list[list[Session]]] = defaultdict(list)
    for block in by_subject.values():
        by_length[len(block)].append(block)
    return [by_length[length] for length in sorted(by_length)]


def _session(label: Label, score: float) -> Session:
    """Return the session of a scored label; videos of one session with different scores count as several sessions."""
    return label.subject, label.session or label.recording, score
