"""The severity scale of the scores: its name, its range and its bands. All that depends on a scale takes it from here.

The scales that are known by name are in scales.yaml; any other one is written out in params.yaml (`corpus.scale`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import yaml

DEFAULT = "bdi-ii"  # of params.yaml and of model folders that name no scale
DEFINITIONS = Path(__file__).with_name("scales.yaml")


@dataclass(frozen=True)
class Band:
    """A severity band: a range of scores.

    Attributes:
        name: such as mild.
        low: its lowest whole score.
        high: its highest whole score.
    """

    name: str
    low: int
    high: int

    @property
    def edges(self) -> tuple[float, float]:
        """The limits of the band for estimates, which are no whole numbers: halfway to the neighbouring bands.

        Examples:
            >>> Band("mild", 14, 19).edges
            (13.5, 19.5)
        """
        return self.low - 0.5, self.high + 0.5


@dataclass(frozen=True)
class SeverityScale:
    """A severity scale.

    Attributes:
        name: as it is printed.
        lowest: its lowest score.
        highest: its highest score.
        bands: from the lowest to the highest, without gaps; at least two.
    """

    name: str
    lowest: int
    highest: int
    bands: tuple[Band, ...]

    def __post_init__(self) -> None:
        edges = [self.lowest - 1, *(band.high for band in self.bands)]
        gapless = [band.low for band in self.bands] == [edge + 1 for edge in edges[:-1]]
        if len(self.bands) < 2 or not gapless or edges[-1] != self.highest or any(a >= b for a, b in pairwise(edges)):
            raise ValueError(
                f"{self.name}: bands {self.bands}; allowed: at least two, which share {self.lowest} to {self.highest} "
                "without gaps"
            )

    @property
    def score_range(self) -> tuple[int, int]:
        """The lowest and the highest score."""
        return self.lowest, self.highest

    @property
    def width(self) -> int:
        """The highest score less the lowest."""
        return self.highest - self.lowest

    @property
    def edges(self) -> tuple[float, ...]:
        """The limits between the bands, for estimates; one fewer than bands."""
        return tuple(band.edges[1] for band in self.bands[:-1])

    def band_of(self, score: float) -> Band:
        """Return the band of a score or an estimate; one outside of the range is in the first or the last band.

        Examples:
            >>> scale = scale_of("bdi-ii")
            >>> [scale.band_of(score).name for score in (13.4, 13.5, -2.0, 70.0)]
            ['minimal', 'mild', 'minimal', 'severe']
        """
        return next((band for band in self.bands if score < band.edges[1]), self.bands[-1])

    def points(self, share: float) -> float:
        """Return the score at a share of the range.

        Examples:
            >>> scale_of("phq-9").points(1 / 3)
            9.0
        """
        return self.lowest + share * self.width

    def to_json(self) -> dict[str, Any]:
        """Return the scale as JSON values, in the form of params.yaml; `scale_of` is the inverse."""
        bands = {band.name: band.low for band in self.bands}
        return {"name": self.name, "lowest": self.lowest, "highest": self.highest, "bands": bands}

    def __str__(self) -> str:
        """The name and the range.

        Examples:
            >>> str(scale_of("phq-9"))
            'PHQ-9, 0 to 27'
        """
        return f"{self.name}, {self.lowest} to {self.highest}"


def scale_of(value: Any = DEFAULT) -> SeverityScale:
    """Return the scale that a value of `corpus.scale` or an entry of description.json stands for.

    Args:
        value: a name in scales.yaml, or a mapping with name, lowest, highest and the first score of each band, in any
            order.

    Raises:
        ValueError: if no scale has this name.
        KeyError, TypeError: if the mapping lacks an entry, or has a wrong type.
    """
    if isinstance(value, str):
        if value not in _definitions():
            raise ValueError(f"there is no scale {value!r}; allowed: {', '.join(_definitions())}, or one written out")
        value = _definitions()[value]
    firsts = sorted(value["bands"].items(), key=lambda item: item[1])
    lasts = [*(first - 1 for _, first in firsts[1:]), value["highest"]]
    bands = tuple(Band(name, first, last) for (name, first), last in zip(firsts, lasts, strict=True))
    return SeverityScale(value["name"], value["lowest"], value["highest"], bands)


@cache
def _definitions() -> Mapping[str, Mapping[str, Any]]:
    return yaml.safe_load(DEFINITIONS.read_text(encoding="utf-8"))
