"""The flow of recordings: how many are listed, left out for which reason, and used, with their people and minutes.

It is the flow diagram of a paper (TRIPOD+AI, Collins and others, BMJ 385, 2024, item 20a), and names nobody. A test
recording without a face or clip is left out here, because no model saw it; in the metrics it counts with the constant.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.data.split import Split
from pipeline.data.usable_recordings import REASONS, unusable_because
from pipeline.records.labels import PARTITIONS, Label
from pipeline.records.tables import write_rows
from pipeline.zarr_store import read_attributes

COLUMNS = ("partition", "step", "recordings", "subjects", "minutes")
ALL = "all"  # partitions together, in which a person who is in several counts once
LISTED, UNSCORED = "listed", "unscored"
USES = ("fitted", "validated", "tested")
STEPS = (LISTED, UNSCORED, *REASONS, *USES)  # each but the first counts what it takes from the listed ones


@dataclass(frozen=True)
class Counts:
    """The recordings of one step in one partition, or in all.

    Attributes:
        recordings: their number.
        subjects: number of people in them.
        minutes: that decode could read.
    """

    recordings: int
    subjects: int
    minutes: float


def count_flow(
    labels: Sequence[Label], split: Split, sequences: Path, length: int, absent: str
) -> dict[tuple[str, str], Counts]:
    """Count the recordings of every partition, and of all, by step; the steps after `LISTED` add up to it.

    Args:
        labels: of the whole corpus.
        split: of the recordings with a score that are not tested.
        sequences: the folder with the sequences of all recordings that could be read.
        length: number of consecutive frames with a face that the model needs.
        absent: clip.absent.
    """
    validated = {label.recording for label in split.validated}
    minutes = {label.recording: _minutes(sequences / label.recording) for label in labels}
    steps = {label.recording: _step(label, validated, sequences / label.recording, length, absent) for label in labels}
    parts = {name: [label for label in labels if label.partition == name] for name in PARTITIONS} | {ALL: list(labels)}
    return {
        (partition, step): _count(
            [item for item in part if step in (LISTED, steps[item.recording])],
            minutes,
        )
        for partition, part in parts.items()
        for step in STEPS
    }


def _step(label: Label, validated: set[str], folder: Path, length: int, absent: str) -> str:
    """Return the step at which a recording leaves the flow."""
    if label.score is None:
        return UNSCORED
    if reason := unusable_because(folder, length, absent):
        return reason
    return "tested" if label.partition == "test" else "validated" if label.recording in validated else "fitted"


def _minutes(sequence: Path) -> float:
    """Return the minutes of a sequence, from the first of its phases; 0 without a sequence."""
    if not sequence.is_dir():
        return 0.0
    attributes = read_attributes(sequence)
    rate = float(attributes["fps"])
    return attributes["phase_starts"][1] / rate / 60 if rate else 0.0


def _count(labels: Sequence[Label], minutes: Mapping[str, float]) -> Counts:
    return Counts(
        len(labels), len({label.subject for label in labels}), sum(minutes[label.recording] for label in labels)
    )


def write_flow(path: Path, flow: Mapping[tuple[str, str], Counts]) -> None:
    """Write one row for each partition and step."""
    write_rows(
        path,
        COLUMNS,
        (
            [partition, step, counts.recordings, counts.subjects, f"{counts.minutes:.2f}"]
            for (partition, step), counts in flow.items()
        ),
    )
