"""The description of a network's weights, description.json: architecture, head, unit of the output and provenance."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pipeline.models.files import WEIGHTS_HASH
from pipeline.nets.heads import Expectation, Head, Recognition, Regression
from pipeline.params.network import Model


@dataclass(frozen=True)
class Target:
    """The scale of a regression head's output: score = mean + deviation x output.

    Attributes:
        mean: the score for an output of 0, in points.
        deviation: points per unit of the output, above 0.
    """

    mean: float
    deviation: float

    def __post_init__(self) -> None:
        if not self.deviation > 0:
            raise ValueError(f"a deviation of {self.deviation}; allowed: above 0")


@dataclass(frozen=True)
class Description:
    """The description of a model's weights.

    Attributes:
        model: the architecture, and the mean and scale of its input.
        head: the head the weights were trained with, or None for weights of a backbone alone.
        clip: frames of the clips that the network was trained on, or None if unknown.
        target: the scale of a regression head's output; None for any other head.
        history: the provenance of the weights as JSON values: parameters, data, hashes, versions.
    """

    model: Model
    head: Head | None
    clip: int | None = None
    target: Target | None = None
    history: Mapping[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if isinstance(self.head, Regression) != (self.target is not None):
            raise ValueError("a regression head needs a target, and no other head has one")


def description_to_json(description: Description) -> str:
    """Return the content of description.json; `description_from_json` is the inverse."""
    head = description.head
    values: dict[str, Any] = {
        "model": description.model.model_dump(mode="json"),
        "head": head and {"name": head.name, **vars(head)},
        "clip": description.clip,
        "target": description.target and vars(description.target),
        **description.history,
    }
    return json.dumps(values, indent=2, sort_keys=True, allow_nan=False) + "\n"


def description_from_json(values: dict[str, Any]) -> Description:
    """Return the description that the JSON object `values` holds; its keys are removed from `values`.

    Raises:
        KeyError, TypeError, ValueError: if it is not a valid description.
    """
    head, target = values.pop("head"), values.pop("target")
    values.pop(WEIGHTS_HASH, None)
    return Description(
        model=Model.model_validate(values.pop("model")),
        head=head and _head_from_json(head),
        clip=values.pop("clip"),
        target=target and Target(**target),
        history=values,
    )


def _head_from_json(values: Mapping[str, Any]) -> Head:
    heads: dict[str, Callable[[], Head]] = {
        Regression.name: Regression,
        Expectation.name: lambda: Expectation(values["levels"], values.get("lowest", 0)),
        Recognition.name: lambda: Recognition(values["classes"]),
    }
    return heads[values["name"]]()


def network_name(model: Model) -> str:
    """Return a readable name of a network, for example `MSN-69 (3, 5, 7) x 0.25`.

    Only MSN's name has depth and kernels, and a width of 1 is left out.
    """
    width = "" if model.width == 1 else f" x {model.width:g}"
    if model.name == "resnet50":
        return f"ResNet-50{width}"
    if model.name != "msn":
        return f"{model.name.upper()}{width}"
    return f"MSN-{model.depth} ({', '.join(map(str, model.kernels))}){width}"
