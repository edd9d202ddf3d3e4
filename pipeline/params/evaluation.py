"""Sections of params.yaml on evaluation: the estimates of the test partition, and saliency maps."""

from typing import Literal

from pydantic import Field

from pipeline.params.section import Count, Section


class Evaluate(Section):
    """Estimation and bootstrap on the test partition."""

    phases: Count = Field(description="phases of the subsampling averaged per video, 1 to subsample.phases")
    order: Literal["recorded", "shuffled", "frozen", "reversed"] = Field(
        description="recorded, or a control: shuffled, frozen (the middle frame of a clip repeated) or reversed"
    )
    resamples: int = Field(ge=100, le=100000, description="bootstrap resamples of subjects, 100 to 100000")
    seed: int = Field(ge=0, description="a whole number from 0")


class Explain(Section):
    """The saliency maps (Grad-CAM)."""

    stage: Literal["conv2", "conv3", "conv4", "conv5"] = Field(
        description="conv2, conv3, conv4 or conv5: the stage of the network; Grad-CAM uses its last block"
    )
