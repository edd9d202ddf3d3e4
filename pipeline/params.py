"""The parameters of the project: the types and allowed values of all keys of params.yaml, and checks between sections.

Every stage checks the whole of `params.yaml` before any work (`pipeline.params_check`). A check can refuse a value but
never change an output, so stages do not list these files as dependencies. The `description` of a field states the
allowed values, and errors print it.
"""

from typing import Annotated, Literal

from pydantic import AfterValidator, BeforeValidator, Field, model_validator

from pipeline.estimator_settings import Estimator
from pipeline.section import PLAIN, Count, PlainPath, Real, Section, Share, to_tuple

MIN_CLIP_LENGTH = 8  # the time axis is halved four times before the head (paper.md: smallest clip)
# C3D's fully connected layers have weights for pooled features of 1 x 4 x 4 (time, height, width) alone. These clips
# give them: (smallest, largest) number of frames, and of pixels in height and in width.
C3D_FRAMES = (16, 31)
C3D_PIXELS = (96, 127)


class ParamsError(ValueError):
    """params.yaml holds something that is not allowed; the message names every key, its value and what is allowed."""


def _odd_and_ascending(kernels: tuple[int, ...]) -> tuple[int, ...]:
    if any(kernel % 2 == 0 or kernel > 31 for kernel in kernels) or list(kernels) != sorted(set(kernels)):
        raise ValueError
    return kernels


Kernels = Annotated[tuple[Count, ...], BeforeValidator(to_tuple), AfterValidator(_odd_and_ascending)]

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]

PRECISIONS = "32-true, bf16-mixed or 16-mixed"


class Simulate(Section):
    """The simulated corpus: videos in the folder tree of AVEC2014, images in that of VGGFace2."""

    enabled: bool = Field(description="true or false")
    seed: int = Field(ge=0, description="a whole number from 0")
    cue: Real = Field(
        ge=0, le=4, description="0 (the score has no effect on the videos) to 4; 1 is the documented effect"
    )
    cue_in: Literal["dynamics", "appearance"] = Field(
        description="dynamics (the score affects how fast a face moves) or appearance (it affects the face at rest)"
    )
    subject_share: Real = Field(
        ge=0, le=1, description="0 (the scores of a subject are independent) to 1 (they are equal)"
    )
    subjects: int = Field(ge=3, description="a whole number from 3, at most 3 x simulate.sessions")
    sessions: int = Field(ge=2, le=500, description="sessions per partition, 2 to 500; each has two videos")
    frames: int = Field(ge=2, le=20000, description="frames per video, 2 to 20000")
    frame_rate: Real = Field(ge=1, le=120, description="frames per second, 1 to 120")
    width: int = Field(ge=96, le=1920, multiple_of=2, description="pixels, even, 96 to 1920")
    height: int = Field(ge=96, le=1080, multiple_of=2, description="pixels, even, 96 to 1080")
    identities: int = Field(ge=2, le=9999, description="identities in the training list, 2 to 9999")
    images: int = Field(ge=2, le=500, description="images per identity, 2 to 500")

    @model_validator(mode="after")
    def _subjects_fit(self) -> "Simulate":
        if self.subjects > 3 * self.sessions:
            raise ValueError(
                f"simulate.subjects is {self.subjects}, but there are only 3 x {self.sessions} sessions; "
                f"allowed: up to {3 * self.sessions}"
            )
        return self


class Corpus(Section):
    """The recordings to read, their location and their partitions."""

    layout: Literal["avec2013", "avec2014", "videos"] = Field(description="avec2013, avec2014 or videos")
    root: PlainPath = Field(description=f"the folder of the corpus, preferably absolute, {PLAIN}")
    labels_root: PlainPath = Field(description=f"the folder of the labels, {PLAIN}; corpus.root if they are together")
    complete: bool = Field(description="true (the numbers of recordings must be the published ones) or false")
    partition: Literal["official", "subject_folds"] = Field(
        description="official (of the corpus) or subject_folds (by corpus.folds and corpus.fold)"
    )
    folds: int = Field(
        ge=3,
        le=100,
        description="subject-disjoint folds, 3 to 100: one for test, one for development, the others for training",
    )
    fold: int = Field(ge=0, description="the fold for test, from 0 to below corpus.folds")

    @model_validator(mode="after")
    def _fold_exists(self) -> "Corpus":
        if self.fold >= self.folds:
            raise ValueError(
                f"corpus.fold is {self.fold}, but corpus.folds is {self.folds}; allowed: 0 to {self.folds - 1}"
            )
        return self


class Identities(Section):
    """The images on which pretraining learns to recognise faces."""

    root: PlainPath = Field(description=f"the folder to which the lines of identities.list are relative, {PLAIN}")
    list: PlainPath = Field(description=f"a file with one identity/image.jpg per line, {PLAIN}")
    landmarks: Literal["published", "detect"] = Field(
        description="published (landmark CSVs beside the list if there are any, else MTCNN) or detect (MTCNN)"
    )


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


class Clip(Section):
    """The clips: the consecutive frames that a network sees at once."""

    length: int = Field(
        ge=MIN_CLIP_LENGTH, le=256, description=f"a whole number of frames from {MIN_CLIP_LENGTH} to 256"
    )
    absent: Literal["skip", "hold", "keep"] = Field(
        description="skip (no clip with a frame without a face), hold (the last face is repeated) or keep (black)"
    )


class Model(Section):
    """The architecture of the network and the normalisation of its input."""

    name: Literal["msn", "c3d", "i3d", "resnet50"] = Field(
        description="msn, c3d or i3d (networks of clips) or resnet50 (a network of single frames)"
    )
    depth: Literal[27, 36, 51, 69, 99] = Field(description="27, 36, 51, 69 or 99")
    kernels: Kernels = Field(
        min_length=1, max_length=8, description="a list of distinct odd numbers from 1 to 31, ascending, as [3, 5, 7]"
    )
    width: Real = Field(
        gt=0, le=4, description="a factor on the number of channels of convolutions, above 0 to 4; the paper: 1.0"
    )
    dropout: Real = Field(ge=0, lt=1, description="0 to below 1; the paper: 0.5")
    batch_norm_momentum: Real = Field(
        gt=0, le=1, description="as PyTorch defines it, above 0 to 1; the authors' code: 0.01"
    )
    mean: Annotated[tuple[Real, Real, Real], BeforeValidator(to_tuple)] = Field(
        description="three numbers, red, green, blue, subtracted from pixels of 0 to 255"
    )
    scale: Real = Field(gt=0, description="a factor on pixels after the mean is subtracted, above 0; the paper: 1.0")


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
    """Probabilities of the augmentations of a training clip; at most one of the three is applied to a clip."""

    flip: Real = Field(ge=0, le=1, description="probability of mirroring, 0 to 1")
    rotate: Real = Field(ge=0, le=1, description="probability of a rotation, 0 to 1")
    upside_down: Real = Field(ge=0, le=1, description="probability of a top-to-bottom flip, 0 to 1")
    degrees: Real = Field(ge=0, le=180, description="the largest rotation in either direction, 0 to 180; the paper: 30")

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
    """Regression of the BDI-II score."""

    epochs: Count = Field(description="a whole number from 1; the authors' code: 2")
    steps: Count = Field(description="optimiser steps per epoch; the authors' code: 1000")
    batch: Count = Field(description="effective batch, a whole number from 1; the authors' code: 24")
    accumulate: Count = Field(description="microbatches per batch, a divisor of finetune.batch")
    sync_batch_norm: bool = Field(description="true (GPUs only: batch norm over all processes) or false")
    learning_rate: Real = Field(gt=0, description="above 0; the paper: 0.0001")
    decay: Real = Field(ge=0, description="d in rate / (1 + d x step), from 0; the authors' code: 0.0005")
    labels: Literal[True, "permuted"] = Field(
        description="true or permuted (a control: scores are permuted among sessions, so nothing can be learned)"
    )
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


class Params(Section):
    """The whole of params.yaml, with one section per stage."""

    simulate: Simulate
    corpus: Corpus
    decode: Decode
    align: Align
    detection: Detection
    subsample: Subsample
    identities: Identities
    clip: Clip
    model: Model
    pretrain: Pretrain
    estimator: Estimator
    finetune: Finetune
    evaluate: Evaluate
    explain: Explain

    @model_validator(mode="after")
    def _sections_agree(self) -> "Params":
        if self.evaluate.phases > self.subsample.phases:
            raise ValueError(
                f"evaluate.phases is {self.evaluate.phases}, but subsample.phases keeps only "
                f"{self.subsample.phases}; allowed: 1 to {self.subsample.phases}"
            )
        self._check_estimator()
        if self.model.name == "c3d":  # the weights of its FC layers fit one size of clip
            for key, value, (minimum, maximum) in (
                ("clip.length", self.clip.length, C3D_FRAMES),
                ("align.size", self.align.size, C3D_PIXELS),
            ):
                if not minimum <= value <= maximum:
                    raise ValueError(f"{key} is {value}, but model.name is c3d; allowed for it: {minimum} to {maximum}")
        return self

    def _check_estimator(self) -> None:
        """Check that the chosen estimator can read its source and build on the network."""
        name, settings = self.estimator.name, self.estimator.settings
        for key, value, allowed in (
            ("model.name", self.model.name, settings.networks),
            ("estimator.source", self.estimator.source, settings.sources),
        ):
            if allowed and value not in allowed:
                raise ValueError(
                    f"{key} is {value}, but estimator.name is {name}; allowed for it: {', '.join(allowed)}"
                )
        settings.check_size(self.align.size)


def _check_accumulation(section: str, batch: int, accumulate: int) -> None:
    if batch % accumulate:
        divisors = ", ".join(str(d) for d in range(1, batch + 1) if batch % d == 0)
        raise ValueError(f"{section}.accumulate is {accumulate}, but {section}.batch is {batch}; allowed: {divisors}")
