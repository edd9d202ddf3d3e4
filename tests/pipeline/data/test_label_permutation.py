"""Tests of the permutation of scores: among sessions, within the fitted and the validated recordings."""

from collections import Counter

import numpy as np

from pipeline.data.label_permutation import permute_labels
from pipeline.data.split import Split
from pipeline.records.labels import Label

FITTED = tuple(
    Label(f"s{n}_{task}", f"s{n // 2}", str(n), task, "training", float(n)) for n in range(40) for task in ("a", "b")
)
VALIDATED = tuple(Label(f"v{n}", f"v{n}", "", "", "development", 50.0 + n) for n in range(8))
SPLIT = Split(FITTED, VALIDATED)


def test_scores_are_permuted_and_nothing_else_changes() -> None:
    permuted = permute_labels(SPLIT, seed=1)
    for before, after in ((FITTED, permuted.fitted), (VALIDATED, permuted.validated)):
        assert Counter(label.bdi for label in after) == Counter(label.bdi for label in before)
        assert [label.recording for label in after] == [label.recording for label in before]
        assert [label.subject for label in after] == [label.subject for label in before]
        assert [label.bdi for label in after] != [label.bdi for label in before]


def test_the_recordings_of_a_session_keep_a_common_score() -> None:
    fitted = permute_labels(SPLIT, seed=1).fitted
    assert all(first.bdi == second.bdi for first, second in zip(fitted[::2], fitted[1::2], strict=True))


def test_old_and_new_scores_are_uncorrelated() -> None:
    original = [label.bdi or 0.0 for label in FITTED]
    correlations = [
        np.corrcoef(original, [label.bdi or 0.0 for label in permute_labels(SPLIT, n).fitted])[0, 1] for n in range(60)
    ]
    # The correlation under a permutation has a standard deviation of 1 / sqrt(n - 1).
    assert abs(np.mean(correlations)) < 4 / np.sqrt(39 * 60)


def test_the_permutation_depends_on_the_seed() -> None:
    assert permute_labels(SPLIT, 3) == permute_labels(SPLIT, 3)
    assert permute_labels(SPLIT, 3) != permute_labels(SPLIT, 4)


def test_without_validated_recordings() -> None:
    assert permute_labels(Split(FITTED, ()), 1).validated == ()
