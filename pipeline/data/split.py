"""The split of fine-tuning: which recordings are fitted and which validated. The test partition is in neither."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from pipeline.data.seeding import Purpose, generator
from pipeline.records.labels import Label


@dataclass(frozen=True)
class Split:
    """The labels of fine-tuning.

    Attributes:
        fitted: labels of the recordings that weights are learned from.
        validated: labels of the recordings that are estimated after every epoch to choose the epoch that is kept; may
            be empty.
    """

    fitted: tuple[Label, ...]
    validated: tuple[Label, ...]

    def __post_init__(self) -> None:
        for label in (*self.fitted, *self.validated):
            if label.partition == "test":
                raise ValueError(
                    f"{label.recording} is of the test partition, which must be neither fitted nor used to choose an "
                    "epoch"
                )
        if not self.fitted:
            raise ValueError("no recording with a score is left to fit; fitting needs at least one")


def split_labels(labels: Sequence[Label], validation: str, held_out: float, seed: int) -> Split:
    """Split the recordings that have a score.

    Args:
        labels: of the training and development partitions.
        validation: finetune.validation, a name of `POLICIES`.
        held_out: finetune.held_out, the share of subjects that the policy `subjects` validates.
        seed: of the choice of these subjects.

    Raises:
        ValueError: if a label is of the test partition, or nothing is left to fit or to validate.
    """
    scored = [label for label in labels if label.score is not None]
    fitted, validated = POLICIES[validation](scored, held_out, seed)
    if validation != "none" and not validated:
        raise ValueError(
            f"finetune.validation is {validation}, but no recording with a score is left to validate; "
            "allowed: none, or a corpus that has such recordings"
        )
    return Split(tuple(fitted), tuple(validated))


Parts = tuple[list[Label], list[Label]]  # fitted, validated


def _fit_all(labels: list[Label], held_out: float, seed: int) -> Parts:
    return labels, []


def _hold_out_development(labels: list[Label], held_out: float, seed: int) -> Parts:
    fitted = [label for label in labels if label.partition != "development"]
    return fitted, [label for label in labels if label.partition == "development"]


def _hold_out_subjects(labels: list[Label], held_out: float, seed: int) -> Parts:
    """Hold out a share of the subjects, at least one, with all their recordings."""
    subjects = sorted({label.subject for label in labels})
    order = generator(seed, Purpose.HELD_OUT).permutation(len(subjects))
    count = min(max(round(held_out * len(subjects)), 1), max(len(subjects) - 1, 0))
    validated_subjects = {subjects[number] for number in order[:count]}
    fitted = [label for label in labels if label.subject not in validated_subjects]
    return fitted, [label for label in labels if label.subject in validated_subjects]


POLICIES: dict[str, Callable[[list[Label], float, int], Parts]] = {
    "none": _fit_all,
    "development": _hold_out_development,
    "subjects": _hold_out_subjects,
}
