"""The videos that a network was fitted to, as it saw them: what a video must become before the network is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.models.preprocessing import Preprocessing


@dataclass(frozen=True)
class InputSpec:
    """How the videos of fitting became clips.

    Attributes:
        preprocessing: what decode, align and subsample were told.
        absent: clip.absent, what clips did with frames without a face.
        rates: faces a second that the network saw: of the slowest recording, the median one and the fastest.
    """

    preprocessing: Preprocessing
    absent: str
    rates: tuple[float, float, float]

    def __post_init__(self) -> None:
        if not 0 < self.rates[0] <= self.rates[1] <= self.rates[2]:
            raise ValueError(f"rates {self.rates}; allowed: three rising numbers above 0")

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "InputSpec":
        """Read what `to_json` wrote.

        Raises:
            KeyError, ValueError: where it is not that.
        """
        slowest, median, fastest = map(float, found["rates"])
        return cls(Preprocessing.from_json(found["preprocessing"]), found["absent"], (slowest, median, fastest))

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {"preprocessing": self.preprocessing.to_json(), "absent": self.absent, "rates": list(self.rates)}
