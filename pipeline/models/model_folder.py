"""Model folders of all estimators: what description.json says beside what the estimator itself wrote."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from pipeline.models.files import DESCRIPTION, WeightsError, read_description_values
from pipeline.models.input_spec import RECORDED, InputSpec
from pipeline.records.origin import Origin
from pipeline.runtime.file_digest import file_digests_below
from pipeline.runtime.output_checksums import combined_digest
from pipeline.severity.scale import DEFAULT, SeverityScale, scale_of

ESTIMATOR, SPAN, INPUT_SPEC, NETWORK, PERMUTED = "estimator", "span", "footage", "model", "permuted"  # keys
SCALE, ORIGIN = "severity_scale", "origin"  # likewise


@dataclass(frozen=True)
class ModelFolder:
    """The estimator of a model folder, and the recordings that it was fitted to.

    Attributes:
        name: of the estimator.
        settings: of the estimator, as JSON values.
        span_length: number of consecutive frames with a face that one estimate needs.
        input_spec: how the videos that it was fitted to became sequences.
        network: the section `model` of params.yaml for the network in it; empty if there is none. The estimator writes
            it.
        permuted: how the scores that it was fitted to were permuted, in words; empty if they are true.
        scale: of its estimates; a folder of an earlier version that names none is of the default one.
        origin: of the corpus that it was fitted to, if that was drawn or planted; None if it was recorded, or if the
            folder is of an earlier version, which does not say.
    """

    name: str
    settings: Mapping[str, Any]
    span_length: int
    input_spec: InputSpec
    network: Mapping[str, Any] = field(default_factory=dict)
    permuted: str = ""
    scale: SeverityScale = field(default_factory=scale_of)
    origin: Origin | None = None

    @property
    def controls(self) -> tuple[str, ...]:
        """What was taken from the estimator in fitting, in words; empty unless it is a control."""
        order = self.input_spec.order
        return (
            *(self.origin.controls if self.origin else ()),
            *([f"fitted to {self.permuted}"] if self.permuted else []),
            *([f"fitted to clips with {order} frames (clip.order)"] if order != RECORDED else []),
        )

    @property
    def demonstration(self) -> str:
        """That its numbers stand for no severity, in words; empty if the corpus that it was fitted to was recorded."""
        return self.origin.demonstration if self.origin else ""

    def tested_order(self, order: str) -> str:
        """Return the order of the frames of clips in testing: `order`, or as fitted if that is `recorded`."""
        return self.input_spec.order if order == RECORDED else order

    def tested_controls(self, order: str) -> tuple[str, ...]:
        """Return what was taken from the estimator in fitting, and in testing by `order`, in words."""
        tested = f"tested on clips with {order} frames (evaluate.order)"
        return self.controls if order == RECORDED else (*self.controls, tested)

    def to_json(self) -> dict[str, Any]:
        """Return the entries of description.json, beside those that the estimator writes."""
        return {
            SPAN: self.span_length,
            ESTIMATOR: {"name": self.name, "settings": dict(self.settings)},
            INPUT_SPEC: self.input_spec.to_json(),
            SCALE: self.scale.to_json(),
            **({PERMUTED: self.permuted} if self.permuted else {}),
            **({ORIGIN: self.origin.to_json()} if self.origin else {}),
        }


def read_model_folder(folder: Path) -> ModelFolder:
    """Read what all model folders say.

    Raises:
        WeightsError: if there is no description, or it is not that of an estimator that was fitted to recordings.
    """
    values = read_description_values(folder)
    if missing := [key for key in (ESTIMATOR, SPAN, INPUT_SPEC) if not values.get(key)]:
        raise WeightsError(
            f"{folder / DESCRIPTION}: no {' and no '.join(missing)}, so no score can be estimated with it; allowed: a "
            "folder that the stage finetune wrote (fit it again with `dvc repro finetune`)"
        )
    try:
        estimator = values[ESTIMATOR]
        input_spec = InputSpec.from_json(values[INPUT_SPEC])
        network = values.get(NETWORK) or {}
        permuted = str(values.get(PERMUTED, ""))
        scale = scale_of(values.get(SCALE, DEFAULT))
        origin = Origin.from_json(values.get(ORIGIN) or {})
        length = int(values[SPAN])
        return ModelFolder(
            estimator["name"], estimator["settings"], length, input_spec, network, permuted, scale, origin
        )
    except (KeyError, TypeError, ValueError) as error:
        raise WeightsError(f"{folder / DESCRIPTION}: not a valid description for this version: {error}") from None


def check_scale(path: Path, of_model: SeverityScale, scale: SeverityScale) -> None:
    """Check that a model estimates scores of a scale: its name and range; other bands are another reading of them.

    Raises:
        WeightsError: naming the model folder and both scales.
    """
    if (of_model.name, of_model.score_range) != (scale.name, scale.score_range):
        raise WeightsError(
            f"{path}: made for the scale {of_model}, but corpus.scale is {scale}; allowed: a model that was fitted to "
            "scores of that scale (`dvc repro finetune` fits one)"
        )


def estimates_digest(folder: Path) -> str:
    """SHA-256 of all of a model folder that its estimates depend on: the scale says only how they are read."""
    digests = file_digests_below(folder)
    values = {name: value for name, value in read_description_values(folder).items() if name != SCALE}
    digests[DESCRIPTION] = json.dumps(values, sort_keys=True)
    return combined_digest(digests)
