"""TODO docstring."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.models.input_spec import InputSpec
from pipeline.nets.heads import Head, Recognition, Regression
from pipeline.params import Model


@dataclass(frozen=True)
class Target:
    """What a regression head's output of 0 and of 1 mean, in points of BDI-II.

    Attributes:
        mean: the score that an output of 0 stands for.
        deviation: points for an output of 1, above 0.
    """

    mean: float
    deviation: float

    def __post_init__(self) -> None:
        if not self.deviation > 0:
            raise ValueError(f"a deviation of {self.deviation}; allowed: above 0")


@dataclass(frozen=True)
class Description:
    """What weights are, and where they come from.

    Attributes:
        model: the architecture, and the mean and scale of its input.
        head: the head they were trained with, or None where they are a backbone's alone.
        clip: frames of the clips that the network learned on, or None where that is unknown.
        target: the unit of a regression head's output.
        history: how the weights came to be, as JSON values: parameters, data, hashes, versions.
        footage: how the videos that it was fitted to became its clips, or None where that is unknown.
    """

    model: Model
    head: Head | None
    clip: int | None = None
    target: Target | None = None
    history: Mapping[str, Any] = field(default_factory=dict)
    footage: InputSpec | None = None

    def __post_init__(self) -> None:
        if isinstance(self.head, Regression) != (self.target is not None):
            raise ValueError("a target belongs to a regression head, and to no other")


def description_to_json(description: Description) -> str:
    head = description.head
    found = {
        "model": description.model.model_dump(mode="json"),
        "head": head and {"name": head.name, **vars(head)},
        "clip": description.clip,
        "target": description.target and vars(description.target),
        "footage": description.footage and description.footage.to_json(),
        **description.history,
    }
    return json.dumps(found, indent=2, sort_keys=True, allow_nan=False) + "\n"


def description_from_json(found: dict[str, Any]) -> Description:
    head, target, footage = found.pop("head"), found.pop("target"), found.pop("footage", None)
    return Description(
        model=Model.model_validate(found.pop("model")),
        head=head and (Recognition(head["classes"]) if head["name"] == Recognition.name else Regression()),
        clip=found.pop("clip"),
        target=target and Target(**target),
        footage=footage and InputSpec.from_json(footage),
        history=found,
    )


def network_name(model: Model) -> str:
    """A network's name for people; depth and kernels are MSN's alone, and a width of 1 is not told.

    Example:
        >>> name_of(model)
        'MSN-69 (3, 5, 7) x 0.25'
    """
    width = "" if model.width == 1 else f" x {model.width:g}"
    if model.name != "msn":
        return f"{model.name.upper()}{width}"
    return f"MSN-{model.depth} ({', '.join(map(str, model.kernels))}){width}"
