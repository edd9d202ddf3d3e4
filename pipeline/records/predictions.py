"""The table predictions.csv that stage evaluate writes: the estimates of the recordings with a score."""

import math
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

from pipeline.records.labels import EARLIER_NAMES
from pipeline.records.tables import Row, parse_rows, read_rows

COLUMNS = (
    "recording",
    "subject",
    "session",
    "seen",
    "task",
    "score",
    "estimate",
    "clips",
    "coverage",
    "frames",
    "absent",
)
PARSED_COLUMNS = ("recording", "subject", "score", "estimate", "clips")


@dataclass(frozen=True)
class ScoredEstimate:
    """A recording with its score and a model's estimate.

    Attributes:
        recording: id of the recording.
        subject: id of the person in it.
        score: in points.
        estimate: in points.
        clips: number of spans (clips, frames) that the estimate averages; 0 if the estimate is the constant.
        seen: whether the subject has a score in the labels for fitting; None if the table does not say so.
    """

    recording: str
    subject: str
    score: float
    estimate: float
    clips: int
    seen: bool | None = None

    def __post_init__(self) -> None:
        if not (math.isfinite(self.score) and math.isfinite(self.estimate)):
            raise ValueError(f"{self.recording}: score {self.score}, estimate {self.estimate}; allowed: finite numbers")


def read_predictions(path: Path) -> list[ScoredEstimate]:
    """Read the table in `path`, in the order of the file.

    Raises:
        ValueError: if a column is missing or a cell is wrong; the message names the file and the column or the row.
    """
    return _scored_estimates(read_rows(path, PARSED_COLUMNS, EARLIER_NAMES), str(path))


def parse_predictions(text: str, source: str) -> list[ScoredEstimate]:
    """Parse the text of the table, in its order.

    Args:
        text: of the table.
        source: the name of the table in error messages.

    Raises:
        ValueError: if a column is missing or a cell is wrong; the message names `source` and the column or the row.
    """
    return _scored_estimates(parse_rows(text, source, PARSED_COLUMNS, EARLIER_NAMES), source)


def _scored_estimates(rows: Iterable[Row], source: str) -> list[ScoredEstimate]:
    estimates = []
    for number, row in rows:
        try:
            cells = float(row["score"]), float(row["estimate"]), int(row["clips"])
            seen = {"yes": True, "no": False}.get(row.get("seen", ""))
            estimates.append(ScoredEstimate(row["recording"], row["subject"], *cells, seen))
        except ValueError as error:
            raise ValueError(f"{source}: row {number}: {error}") from None
    return estimates
