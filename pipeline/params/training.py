"""Sections of params.yaml on training: recognition of faces, then the score."""

from typing import Literal

from pydantic import Field, model_validator

from pipeline.params.section import PLAIN, Count, PlainPath, Real, Section

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]

PRECISIONS = "32-true, bf16-mixed or 16-mixed"


class Pretrain(Section):
    """Face recognition on single images repeated over time."""

    source: PlainPath = Field(description=f"train, none, or a path to weights trained elsewhere, {PLAIN}")
    epochs: Count = Field(description="a whole number from 1")
    batch: Count = Field(description="effective batch, a whole number from 1; the paper: 24")
    accumulate: Count = Field(description="microbatches per batch, a divisor of pretrain.batch")
    sync_batch_norm: bool = Field(description="true (GPUs only: batch norm over all processes) or false")
    learning_rate: Real = Field(gt=0, description="above 0; the paper: 0.01")
    momentum: Real = Field(ge=0, lt=1, description="0 to below 1; the paper: 0.9")
    weight_decay: Real = Field(ge=0, description="from 0; the paper: 0.0001")
    decay_every: Count = Field(description="epochs between reductions of the learning rate; the paper: 10")
    decay_factor: Real = Field(gt=0, le=1, description="above 0 to 1; the paper: 0.1")
    flip: Real = Field(ge=0, le=1, description="share of images that are mirrored, 0 to 1; the paper: 0")
    held_out: Real = Field(
        ge=0, lt=1, description="share of each identity's images held out for validation, 0 to below 1"
    )
    precision: Precision = Field(description=PRECISIONS)
    seed: int = Field(ge=0, description="a whole number from 0")

    @model_validator(mode="after")
    def _batch_divides(self) -> "Pretrain":
        _check_accumulation("pretrain", self.batch, self.accumulate)
        return self


class Augment(Section):
    """Augmentations of a training clip: their probabilities (at most one is applied to a clip), and the rotation."""

    flip: Real = Field(ge=0, le=1, description="probability of mirroring, 0 to 1")
    rotate: Real = Field(ge=0, le=1, description="probability of a rotation, 0 to 1")
    upside_down: Real = Field(ge=0, le=1, description="probability of a top-to-bottom flip, 0 to 1")
    degrees: Real = Field(ge=0, le=180, description="the angle of a rotation, or the largest, 0 to 180; the paper: 30")
    angle: Literal["fixed", "uniform"] = Field(
        description="fixed (exactly finetune.augment.degrees, clockwise; the authors' code) or uniform (up to it, in "
        "either direction; the paper's text)"
    )
    fill: Literal["edge", "mean"] = Field(
        description="edge (corners that come into view have the nearest pixel; the authors' code) or mean (they have "
        "the colour model.mean, which is 0 for the network)"
    )

    @model_validator(mode="after")
    def _probabilities_fit(self) -> "Augment":
        total = self.flip + self.rotate + self.upside_down
        if total > 1 + 1e-9:
            raise ValueError(
                f"finetune.augment: flip + rotate + upside_down is {total:g}; allowed: at most 1, "
                "because at most one of them is applied to a clip"
            )
        return self


class Finetune(Section):
    """Regression of the score."""

    epochs: Count = Field(description="a whole number from 1; the authors' code: 2")
    steps: Count = Field(description="optimiser steps per epoch; the authors' code: 1000")
    batch: Count = Field(description="effective batch, a whole number from 1; the authors' code: 24")
    accumulate: Count = Field(description="microbatches per batch, a divisor of finetune.batch")
    sync_batch_norm: bool = Field(description="true (GPUs only: batch norm over all processes) or false")
    learning_rate: Real = Field(gt=0, description="above 0; the paper: 0.0001")
    decay: Real = Field(ge=0, description="d in rate / (1 + d x step), from 0; the authors' code: 0.0005")
    averaging: Real = Field(
        ge=0, lt=1, description="decay of the moving average of the weights per step, from 0 (no average) to below 1"
    )
    standardise: bool = Field(description="true (the network estimates in standard deviations) or false (in points)")
    augment: Augment
    validation: Literal["none", "development", "subjects"] = Field(
        description="none (fit on training and development), development (validate there, fit on training) or "
        "subjects (validate on held-out subjects)"
    )
    held_out: Real = Field(
        gt=0, lt=1, description="share of subjects held out if finetune.validation is subjects, between 0 and 1"
    )
    precision: Precision = Field(description=PRECISIONS)
    seed: int = Field(ge=0, description="a whole number from 0")

    @model_validator(mode="after")
    def _batch_divides(self) -> "Finetune":
        _check_accumulation("finetune", self.batch, self.accumulate)
        return self


def _check_accumulation(section: str, batch: int, accumulate: int) -> None:
    if batch % accumulate:
        divisors = ", ".join(str(d) for d in range(1, batch + 1) if batch % d == 0)
        raise ValueError(f"{section}.accumulate is {accumulate}, but {section}.batch is {batch}; allowed: {divisors}")
