"""Sections of params.yaml on evaluation: baselines, the estimates of the test partition, and saliency maps."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, field_validator

from pipeline.params.network import Order
from pipeline.params.section import Count, Real, Section, to_tuple


class Baselines(Section):
    """The baselines that see no behaviour; window and grid are small enough for every align.size."""

    penalties: Annotated[tuple[Annotated[Real, Field(gt=0)], ...], BeforeValidator(to_tuple)] = Field(
        min_length=1, description="a list of numbers above 0: the penalties of ridge regression to choose from"
    )
    folds: int = Field(ge=2, le=100, description="folds of subjects for the choice of the penalty, 2 to 100")
    window: int = Field(
        ge=3, le=15, description="pixels, odd, 3 to 15: the window in which local phase is measured in one frame"
    )
    grid: int = Field(ge=1, le=16, description="regions along each side of the face, 1 to 16")

    @field_validator("window")
    @classmethod
    def _odd(cls, window: int) -> int:
        if window % 2 == 0:
            raise ValueError
        return window


class Evaluate(Section):
    """Estimation on the test partition."""

    phases: Count = Field(description="phases of the subsampling averaged per video, 1 to subsample.phases")
    order: Order = Field(
        description="recorded (as clip.order), or a control in testing alone: shuffled, frozen (the middle frame of a "
        "clip repeated) or reversed"
    )
    seed: int = Field(ge=0, description="a whole number from 0")


class Explain(Section):
    """The saliency maps (Grad-CAM)."""

    stage: Literal["conv2", "conv3", "conv4", "conv5"] = Field(
        description="conv2, conv3, conv4 or conv5: the stage of the network; Grad-CAM uses its last block"
    )
