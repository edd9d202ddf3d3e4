"""Scores dealt anew: the same scores, other faces, sessions whole, and nothing across the parts."""

from collections import Counter

import numpy as np

from pipeline.data.label_permutation import permute_labels
from pipeline.data.split import Split
from pipeline.records.labels import Label

FITTED = tuple(
    Label(f"s{n}_{task}", f"s{n // 2}", str(n), task, "training", float(n)) for n in range(40) for task in ("a", "b")
)
VALIDATED = tuple(Label(f"v{n}", f"v{n}", "", "", "development", 50.0 + n) for n in range(8))
DIVISION = Split(FITTED, VALIDATED)


def test_the_same_scores_are_dealt_anew_and_nothing_else_changes() -> None:
    found = permute_labels(DIVISION, seed=1)
    for before, after in ((FITTED, found.fitted), (VALIDATED, found.validated)):
        assert Counter(label.bdi for label in after) == Counter(label.bdi for label in before)
        assert [label.recording for label in after] == [label.recording for label in before]
        assert [label.subject for label in after] == [label.subject for label in before]
        assert [label.bdi for label in after] != [label.bdi for label in before]


def test_the_recordings_of_a_session_go_on_sharing_a_score() -> None:
    fitted = permute_labels(DIVISION, seed=1).fitted
    assert all(first.bdi == second.bdi for first, second in zip(fitted[::2], fitted[1::2], strict=True))


def test_old_and_new_scores_have_nothing_to_do_with_each_other() -> None:
    old = [label.bdi or 0.0 for label in FITTED]
    found = [
        np.corrcoef(old, [label.bdi or 0.0 for label in permute_labels(DIVISION, n).fitted])[0, 1] for n in range(60)
    ]
    assert abs(np.mean(found)) < 4 / np.sqrt(39 * 60)  # a permutation's correlation has the deviation 1 / sqrt(n - 1)


def test_it_follows_the_seed() -> None:
    assert permute_labels(DIVISION, 3) == permute_labels(DIVISION, 3)
    assert permute_labels(DIVISION, 3) != permute_labels(DIVISION, 4)


def test_nobody_to_validate() -> None:
    assert permute_labels(Split(FITTED, ()), 1).validated == ()
