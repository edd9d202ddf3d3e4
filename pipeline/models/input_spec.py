"""The input specification of a network: how its videos became clips, and so how new videos must become clips."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.models.preprocessing import Preprocessing

RECORDED = "recorded"  # the order of frames that is no control


@dataclass(frozen=True)
class InputSpec:
    """How the videos that a network was fitted to became clips.

    Attributes:
        preprocessing: the parameters of decode, align and subsample.
        absent: clip.absent of params.yaml: how clips treat frames without a face.
        rates: frames per second of the sequences: of the slowest recording, the median one and the fastest.
        order: clip.order: the order of the frames in each clip.
    """

    preprocessing: Preprocessing
    absent: str
    rates: tuple[float, float, float]
    order: str = RECORDED

    def __post_init__(self) -> None:
        if not 0 < self.rates[0] <= self.rates[1] <= self.rates[2]:
            raise ValueError(f"rates {self.rates}; allowed: three rising numbers above 0")

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "InputSpec":
        """Return the specification that `to_json` wrote.

        Raises:
            KeyError, ValueError: if `values` are not such a specification.
        """
        slowest, median, fastest = map(float, values["rates"])
        return cls(
            Preprocessing.from_json(values["preprocessing"]),
            values["absent"],
            (slowest, median, fastest),
            values.get("order", RECORDED),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the specification as JSON values."""
        return {
            "preprocessing": self.preprocessing.to_json(),
            "absent": self.absent,
            "rates": list(self.rates),
            "order": self.order,
        }
