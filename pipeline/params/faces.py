"""Sections of params.yaml on faces: decoding, alignment, its report, subsampling, and the images of identities."""

from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, model_validator

from pipeline.params.section import PLAIN, PlainPath, Real, Section, Share, to_tuple


class Decode(Section):
    """Decoding: the frame rate of the frame table, and broken recordings."""

    fps: Real | None = Field(gt=0, le=240, description="null (native frames) or a constant rate up to 240 per second")
    on_error: Literal["stop", "skip"] = Field(
        description="stop (after all others are decoded) or skip (report and leave out)"
    )
    max_lost: Real = Field(
        ge=0,
        le=1,
        description="share of packets that may fail to decode, 0 to 1; beyond it a recording is broken",
    )


class Align(Section):
    """Detection and alignment of faces to square pictures."""

    method: Literal["similarity", "crop"] = Field(description="similarity (five points) or crop (the box)")
    size: int = Field(ge=32, le=512, multiple_of=16, description="pixels, a multiple of 16 from 32 to 512")
    detector: Literal["every", "sparse"] = Field(
        description="every (the full cascade on every frame) or sparse (on key rows, refined in between)"
    )
    max_gap: int = Field(ge=0, le=1000, description="the longest run of frames to interpolate over, 0 to 1000")
    survey_step: Real = Field(
        gt=0, le=60, description="seconds between two key rows, which are searched in full, above 0 to 60"
    )
    min_face: int = Field(ge=12, le=500, description="the smallest face to detect, in pixels, 12 to 500")
    thresholds: Annotated[tuple[Share, Share, Share], BeforeValidator(to_tuple)] = Field(
        description="three numbers between 0 and 1, for P-Net, R-Net and O-Net"
    )
    margin: Real = Field(ge=0, le=1, description="share of the box added around it by align.method crop, 0 to 1")


class Detection(Section):
    """The faces shown in the detection report."""

    worst: int = Field(ge=1, le=100, description="number of recordings of which faces are shown, 1 to 100")
    faces: int = Field(ge=1, le=100, description="number of faces shown of each, 1 to 100")


class Subsample(Section):
    """The aligned frames that a sequence keeps."""

    factor: int = Field(ge=1, le=64, description="a whole number from 1 to 64: every n-th frame is kept")
    phases: int = Field(ge=1, le=64, description="a whole number from 1 to subsample.factor: the number of phases kept")

    @model_validator(mode="after")
    def _phases_fit(self) -> "Subsample":
        if self.phases > self.factor:
            raise ValueError(
                f"subsample.phases is {self.phases}, but subsample.factor is {self.factor}; allowed: 1 to {self.factor}"
            )
        return self


class Identities(Section):
    """The images on which pretraining learns to recognise faces."""

    root: PlainPath = Field(description=f"the folder to which the lines of identities.list are relative, {PLAIN}")
    list: PlainPath = Field(description=f"a file with one identity/image.jpg per line, {PLAIN}")
    landmarks: Literal["published", "detect"] = Field(
        description="published (landmark CSVs beside the list if there are any, else MTCNN) or detect (MTCNN)"
    )
