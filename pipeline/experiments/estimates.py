"""The estimates of an experiment, as stage evaluate left them in its predictions.csv."""

import csv
import io
import math
from dataclasses import dataclass

from pipeline.experiments.repository import Experiment

PREDICTIONS = "results/predictions.csv"
COLUMNS = ("recording", "subject", "bdi", "estimate")


@dataclass(frozen=True)
class Estimate:
    """One test video with a score, and what a model says of it.

    Attributes:
        recording: its id.
        subject: who is seen.
        bdi: the score, in points.
        estimate: in points.
    """

    recording: str
    subject: str
    bdi: float
    estimate: float

    def __post_init__(self) -> None:
        if not (math.isfinite(self.bdi) and math.isfinite(self.estimate)):
            raise ValueError(f"{self.recording}: score {self.bdi}, estimate {self.estimate}; allowed: finite numbers")


def read_estimates(experiment: Experiment) -> list[Estimate]:
    """Read the estimates of an experiment, by recording.

    Raises:
        ValueError: where it has none, or the table lacks a column or a number.
    """
    text = experiment.text(PREDICTIONS)
    if text is None:
        raise ValueError(
            f"{experiment.name}: no {PREDICTIONS}, neither in Git nor in DVC's cache; was evaluate run there? "
            f"`dvc exp apply {experiment.name}` and `dvc repro evaluate` make it"
        )
    reader = csv.DictReader(io.StringIO(text))
    if missing := [column for column in COLUMNS if column not in (reader.fieldnames or ())]:
        raise ValueError(f"{experiment.name}: {PREDICTIONS} has no column {', '.join(missing)}")
    found = []
    for number, row in enumerate(reader, start=2):
        try:
            found.append(Estimate(row["recording"], row["subject"], float(row["bdi"]), float(row["estimate"])))
        except (TypeError, ValueError) as error:
            raise ValueError(f"{experiment.name}: {PREDICTIONS}: row {number}: {error}") from None
    return sorted(found, key=lambda item: item.recording)
