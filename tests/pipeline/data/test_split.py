"""Tests of the split into fitted and validated recordings."""

import pytest

from pipeline.data.split import Split, split_labels
from pipeline.records.labels import Label


def _label(recording: str, subject: str, partition: str = "training", score: float | None = 9.0) -> Label:
    return Label(recording, subject, "", "", partition, score)


LABELS = [
    *[_label(f"t{number}", f"s{number // 2}") for number in range(10)],
    *[_label(f"d{number}", f"s{number}", "development") for number in range(4)],
    _label("unknown", "s9", score=None),
]


def _split(labels: list[Label], validation: str = "none", held_out: float = 0.25, seed: int = 1) -> Split:
    return split_labels(labels, validation, held_out, seed)


def _names(labels: tuple[Label, ...]) -> list[str]:
    return [label.recording for label in labels]


def test_validation_none_fits_all_recordings_with_a_score() -> None:
    split = _split(LABELS)
    assert _names(split.fitted) == [*[f"t{n}" for n in range(10)], *[f"d{n}" for n in range(4)]]
    assert split.validated == ()


def test_validation_development_validates_the_development_partition() -> None:
    split = _split(LABELS, "development")
    assert _names(split.fitted) == [f"t{n}" for n in range(10)]
    assert _names(split.validated) == [f"d{n}" for n in range(4)]


@pytest.mark.parametrize(("share", "count"), [(0.01, 1), (0.4, 2), (0.99, 4)])
def test_subjects_are_held_out_with_all_their_recordings(share: float, count: int) -> None:
    split = _split(LABELS, "subjects", held_out=share)
    fitted = {label.subject for label in split.fitted}
    validated = {label.subject for label in split.validated}
    assert len(validated) == count
    assert fitted | validated == {f"s{n}" for n in range(5)}
    assert not fitted & validated
    assert len(split.fitted) + len(split.validated) == 14
    assert split == _split(LABELS, "subjects", held_out=share)


def test_the_held_out_subjects_depend_on_the_seed() -> None:
    held_out_subjects = {
        frozenset(label.subject for label in _split(LABELS, "subjects", seed=seed).validated) for seed in range(20)
    }
    assert len(held_out_subjects) > 2


@pytest.mark.parametrize("validation", ["none", "development", "subjects"])
def test_the_test_partition_is_refused(validation: str) -> None:
    with pytest.raises(ValueError, match="secret is of the test partition"):
        _split([*LABELS, _label("secret", "s77", "test")], validation)


@pytest.mark.parametrize("labels", [[], [_label("a", "s", score=None)]])
def test_nothing_to_fit_is_an_error(labels: list[Label]) -> None:
    with pytest.raises(ValueError, match="no recording with a score is left to fit"):
        _split(labels)


def test_nothing_to_validate_is_an_error() -> None:
    with pytest.raises(ValueError, match="validation is development, but no recording"):
        _split(LABELS[:10], "development")
    with pytest.raises(ValueError, match="validation is subjects, but no recording"):
        _split(LABELS[:2], "subjects")
