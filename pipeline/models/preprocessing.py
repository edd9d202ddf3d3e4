"""How a video became the faces that a network sees: what decode, align and subsample were told, carried along.

Each of these stages adds its own to the attribute `preprocessing` of what it writes, under the names of params.yaml, so
that finetune can say what its weights belong to, and nobody need guess it afterwards.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pipeline.params import Align, Subsample


@dataclass(frozen=True)
class Preprocessing:
    """What shaped faces but the video itself.

    Attributes:
        fps: decode.fps: None for the native frames, else the constant rate that they were put on.
        align: the section align of params.yaml.
        subsample: the section subsample.
    """

    fps: float | None
    align: Align
    subsample: Subsample

    @classmethod
    def from_json(cls, found: Mapping[str, Any]) -> "Preprocessing":
        """Read what the stages wrote.

        Raises:
            ValueError: where a part is missing, or is nothing that params.yaml could say.
        """
        if missing := [name for name in ("decode", "align", "subsample") if name not in found]:
            raise ValueError(f"it is not said what {', '.join(missing)} did to the video")
        return cls(
            found["decode"]["fps"],
            Align.model_validate(dict(found["align"])),
            Subsample.model_validate(dict(found["subsample"])),
        )

    def to_json(self) -> dict[str, Any]:
        """All of it as JSON values."""
        return {
            "decode": {"fps": self.fps},
            "align": self.align.model_dump(mode="json"),
            "subsample": self.subsample.model_dump(mode="json"),
        }

    @property
    def geometry(self) -> dict[str, Any]:
        """What decides where and when a face lies in a clip, by its key in params.yaml.

        How faces were looked for is no part of it: a network may be asked about faces that another detector found.
        """
        crop = {"align.margin": self.align.margin} if self.align.method == "crop" else {}
        return {
            "decode.fps": self.fps,
            "align.method": self.align.method,
            "align.size": self.align.size,
            **crop,
            "subsample.factor": self.subsample.factor,
        }


def differences(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> list[str]:
    """Name the keys of two geometries whose values differ, with both.

    >>> differences({"align.size": 112, "decode.fps": None}, {"align.size": 128, "decode.fps": None})
    ['align.size 112 (here 128)']
    """
    keys = dict.fromkeys([*wanted, *found])
    return [f"{k} {_said(wanted, k)} (here {_said(found, k)})" for k in keys if _said(wanted, k) != _said(found, k)]


def _said(geometry: Mapping[str, Any], key: str) -> str:
    if key not in geometry:
        return "none"
    return "null" if geometry[key] is None else f"{geometry[key]}"
