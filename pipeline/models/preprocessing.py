"""Preprocessing parameters: the settings of decode, align and subsample, recorded beside the data that they shaped.

Each of these stages adds its parameters to the attribute `preprocessing` of its output, under the names of params.yaml.
So finetune can record which preprocessing its weights need.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.params.check import check_align
from pipeline.params.faces import Align, Subsample


@dataclass(frozen=True)
class Preprocessing:
    """The parameters that, together with a video, determine the faces that a network sees.

    Attributes:
        fps: decode.fps of params.yaml: None for native frames, else the constant frame rate of resampled frames.
        align: the section align of params.yaml.
        subsample: the section subsample of params.yaml.
    """

    fps: float | None
    align: Align
    subsample: Subsample

    @classmethod
    def from_json(cls, values: Mapping[str, Any]) -> "Preprocessing":
        """Return the parameters that the stages recorded.

        Raises:
            ValueError: if the parameters of a stage are missing, or not allowed in params.yaml.
        """
        if missing := [name for name in ("decode", "align", "subsample") if name not in values]:
            raise ValueError(f"no parameters of {', '.join(missing)} are recorded")
        return cls(
            values["decode"]["fps"],
            check_align(dict(values["align"]), "the recorded preprocessing"),
            Subsample.model_validate(dict(values["subsample"])),
        )

    def to_json(self) -> dict[str, Any]:
        """Return the parameters as JSON values."""
        return {
            "decode": {"fps": self.fps},
            "align": self.align.model_dump(mode="json"),
            "subsample": self.subsample.model_dump(mode="json"),
        }

    @property
    def geometry(self) -> dict[str, Any]:
        """The parameters that determine the position and time of a face in a clip, by their keys in params.yaml.

        Parameters of detection are left out: a network may run on faces that another detector found.
        """
        crop = {"align.margin": self.align.margin} if self.align.method == "crop" else {}
        return {
            "decode.fps": self.fps,
            "align.method": self.align.method,
            "align.size": self.align.size,
            **crop,
            "subsample.factor": self.subsample.factor,
        }


def differences(expected: Mapping[str, Any], actual: Mapping[str, Any]) -> list[str]:
    """Name the keys whose values differ between two geometries, with both values.

    Examples:
        >>> differences({"align.size": 112, "decode.fps": None}, {"align.size": 128, "decode.fps": None})
        ['align.size 112 (here 128)']
    """
    keys = dict.fromkeys([*expected, *actual])
    return [
        f"{k} {_format(expected, k)} (here {_format(actual, k)})"
        for k in keys
        if _format(expected, k) != _format(actual, k)
    ]


def _format(geometry: Mapping[str, Any], key: str) -> str:
    if key not in geometry:
        return "none"
    return "null" if geometry[key] is None else f"{geometry[key]}"
