"""Every parameter of the project: its type, what it allows, and the checks between sections.

`params.yaml` is read with PyYAML and checked as a whole by every stage before any work. A check can refuse a
value but never change an output, so this is the one project file that stages do not list as a dependency.
The `description` of a field says what it allows, and is what an error prints.
"""

from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

SMALLEST_CLIP = 8  # time is halved four times on the way to the head (paper.md: smallest clip)


class ParamsError(ValueError):
    """params.yaml holds something that is not allowed; the message names every key, its value and what is."""


def _number(value: Any) -> Any:
    """Read `1e-05`, which DVC writes and PyYAML takes for text, as the number it is."""
    if isinstance(value, str):
        try:
            return float(value)
        except ValueError:
            return value
    return value


def _items(value: Any) -> Any:
    """Take a YAML list for a tuple, so that a checked section is immutable."""
    return tuple(value) if isinstance(value, list) else value


def _odd_and_ascending(kernels: tuple[int, ...]) -> tuple[int, ...]:
    if any(kernel % 2 == 0 or kernel > 31 for kernel in kernels) or list(kernels) != sorted(set(kernels)):
        raise ValueError
    return kernels


Real = Annotated[float, BeforeValidator(_number)]

Count = Annotated[int, Field(ge=1)]

Share = Annotated[Real, Field(gt=0, lt=1)]

Kernels = Annotated[tuple[Count, ...], BeforeValidator(_items), AfterValidator(_odd_and_ascending)]

Precision = Literal["32-true", "bf16-mixed", "16-mixed"]

PRECISIONS = "32-true, bf16-mixed or 16-mixed"


class Section(BaseModel):
    """One section of params.yaml: frozen, typed, without unknown keys."""

    model_config = ConfigDict(frozen=True, extra="forbid", strict=True, allow_inf_nan=False)


class Simulate(Section):
    """The built-in corpus: AVEC2014's tree and VGGFace2's, drawn."""

    enabled: bool = Field(description="true or false")
    seed: int = Field(ge=0, description="a whole number from 0")
    cue: Real = Field(ge=0, le=4, description="0 (the score changes nothing) to 4; 1 is the stated effect")
    cue_in: Literal["dynamics", "appearance"] = Field(
        description="dynamics (the score shows in how fast a face moves) or appearance (in how it rests)"
    )
    subject_share: Real = Field(ge=0, le=1, description="0 (a subject's scores are independent) to 1 (all alike)")
    subjects: int = Field(ge=3, description="a whole number from 3, at most 3 x simulate.sessions")
    sessions: int = Field(ge=2, le=500, description="sessions a partition, 2 to 500; each has two videos")
    frames: int = Field(ge=2, le=20000, description="frames a video, 2 to 20000")
    frame_rate: Real = Field(ge=1, le=120, description="frames a second, 1 to 120")
    width: int = Field(ge=96, le=1920, multiple_of=2, description="pixels, even, 96 to 1920")
    height: int = Field(ge=96, le=1080, multiple_of=2, description="pixels, even, 96 to 1080")
    identities: int = Field(ge=2, le=9999, description="identities in the training list, 2 to 9999")
    images: int = Field(ge=2, le=500, description="images an identity, 2 to 500")

    @model_validator(mode="after")
    def _subjects_fit(self) -> "Simulate":
        if self.subjects > 3 * self.sessions:
            raise ValueError(
                f"simulate.subjects is {self.subjects}, but there are only 3 x {self.sessions} sessions; "
                f"allowed: up to {3 * self.sessions}"
            )
        return self


class Corpus(Section):
    """Which recordings are read, and from where."""

    layout: Literal["avec2013", "avec2014", "videos"] = Field(description="avec2013, avec2014 or videos")
    root: str = Field(min_length=1, description="the folder of the corpus, best absolute")
    labels_root: str = Field(min_length=1, description="the folder of the labels; corpus.root where they lie together")
    complete: bool = Field(description="true (counts must be the published ones) or false")
    partition: Literal["official", "subject_folds"] = Field(
        description="official (as the corpus has it) or subject_folds (by corpus.folds and corpus.fold)"
    )
    folds: int = Field(
        ge=3, le=100, description="parts without a common subject, 3 to 100: test, development, training"
    )
    fold: int = Field(ge=0, description="the part that is tested, from 0 to below corpus.folds")

    @model_validator(mode="after")
    def _fold_exists(self) -> "Corpus":
        if self.fold >= self.folds:
            raise ValueError(
                f"corpus.fold is {self.fold}, but corpus.folds is {self.folds}; allowed: 0 to {self.folds - 1}"
            )
        return self


class Identities(Section):
    """The images that pretraining recognises."""

    root: str = Field(min_length=1, description="the folder that the lines of identities.list start from")
    list: str = Field(min_length=1, description="a file with one identity/image.jpg a line")
    landmarks: Literal["published", "detect"] = Field(
        description="published (landmark CSVs beside the list where there are some, else MTCNN) or detect (MTCNN)"
    )


class Decode(Section):
    """What the frame table of a recording holds."""

    fps: Real | None = Field(gt=0, le=240, description="null (native frames) or a constant rate up to 240 per second")
    on_error: Literal["stop", "skip"] = Field(
        description="stop (after all others are done) or skip (report, leave out)"
    )
    max_lost: Real = Field(
        ge=0,
        le=1,
        description="the largest share of packets that may fail to decode before a recording counts as broken",
    )


class Align(Section):
    """How a face becomes a square picture."""

    method: Literal["similarity", "crop"] = Field(description="similarity (five points) or crop (the box)")
    size: int = Field(ge=32, le=512, multiple_of=16, description="pixels, a multiple of 16 from 32 to 512")
    detector: Literal["every", "sparse"] = Field(
        description="every (the full cascade on every frame) or sparse (on key frames, refined in between)"
    )
    max_gap: int = Field(ge=0, le=1000, description="the longest run of frames to interpolate over, 0 to 1000")
    survey: int = Field(ge=1, le=1000, description="frames between looks that find who persists, and keys, 1 to 1000")
    min_face: int = Field(ge=12, le=500, description="the smallest face looked for, in pixels, 12 to 500")
    thresholds: Annotated[tuple[Share, Share, Share], BeforeValidator(_items)] = Field(
        description="three numbers between 0 and 1, for P-Net, R-Net and O-Net"
    )
    margin: Real = Field(ge=0, le=1, description="share of the box added around it by align.method crop, 0 to 1")


class Detection(Section):
    """What the report of detection pictures."""

    worst: int = Field(ge=1, le=100, description="recordings whose faces are pictured, 1 to 100")
    faces: int = Field(ge=1, le=100, description="faces of each of them, 1 to 100")


class Subsample(Section):
    """Which aligned frames a sequence keeps."""

    factor: int = Field(ge=1, le=64, description="a whole number from 1 to 64: every n-th frame is kept")
    phases: int = Field(ge=1, le=64, description="a whole number from 1 to subsample.factor: starting frames kept")

    @model_validator(mode="after")
    def _phases_fit(self) -> "Subsample":
        if self.phases > self.factor:
            raise ValueError(
                f"subsample.phases is {self.phases}, but subsample.factor is {self.factor}; allowed: 1 to {self.factor}"
            )
        return self


class Clip(Section):
    """What a network sees at once."""

    length: int = Field(ge=SMALLEST_CLIP, le=256, description=f"a whole number of frames from {SMALLEST_CLIP} to 256")
    absent: Literal["skip", "hold", "keep"] = Field(
        description="skip (no clip holds a frame without a face), hold (the last face seen stands in) or keep (black)"
    )


class Model(Section):
    """The network and what it expects of its input."""

    name: Literal["msn", "c3d", "i3d"] = Field(description="msn, c3d or i3d")
    depth: Literal[27, 36, 51, 69, 99] = Field(description="27, 36, 51, 69 or 99")
    kernels: Kernels = Field(
        min_length=1, max_length=8, description="a list of distinct odd numbers from 1 to 31, ascending, as [3, 5, 7]"
    )
    width: Real = Field(
        gt=0, le=4, description="a factor on the channels of convolutions, above 0 to 4; the paper: 1.0"
    )
    dropout: Real = Field(ge=0, lt=1, description="0 to below 1; the paper: 0.5")
    batch_norm_momentum: Real = Field(gt=0, le=1, description="PyTorch's sense, above 0 to 1; the authors' code: 0.01")
    mean: Annotated[tuple[Real, Real, Real], BeforeValidator(_items)] = Field(
        description="three numbers, red, green, blue, subtracted from pixels of 0 to 255"
    )
    scale: Real = Field(gt=0, description="a factor after the mean, above 0; the paper: 1.0")


class Pretrain(Section):
    """Face recognition on single images repeated over time."""

    source: str = Field(min_length=1, description="train, none, or a path to weights made elsewhere")
    epochs: Count = Field(description="a whole number from 1")
    batch: Count = Field(description="effective batch, a whole number from 1; the paper: 24")
    accumulate: Count = Field(description="parts a batch is computed in, a divisor of pretrain.batch")
    sync_batch_norm: bool = Field(description="true (GPUs only: one batch norm over all processes) or false")
    learning_rate: Real = Field(gt=0, description="above 0; the paper: 0.01")
    momentum: Real = Field(ge=0, lt=1, description="0 to below 1; the paper: 0.9")
    weight_decay: Real = Field(ge=0, description="from 0; the paper: 0.0001")
    decay_every: Count = Field(description="epochs between falls of the learning rate; the paper: 10")
    decay_factor: Real = Field(gt=0, le=1, description="above 0 to 1; the paper: 0.1")
    flip: Real = Field(ge=0, le=1, description="share of images mirrored, 0 to 1; the paper: 0")
    held_out: Real = Field(ge=0, lt=1, description="share of each identity's images kept for measuring, 0 to below 1")
    precision: Precision = Field(description=PRECISIONS)
    seed: int = Field(ge=0, description="a whole number from 0")

    @model_validator(mode="after")
    def _batch_divides(self) -> "Pretrain":
        _check_accumulation("pretrain", self.batch, self.accumulate)
        return self


class Augment(Section):
    """Chances of what is done to a whole training clip; at most one of the three is drawn."""

    flip: Real = Field(ge=0, le=1, description="chance of a mirror image, 0 to 1")
    rotate: Real = Field(ge=0, le=1, description="chance of a rotation, 0 to 1")
    upside_down: Real = Field(ge=0, le=1, description="chance of a top-to-bottom flip, 0 to 1")
    degrees: Real = Field(ge=0, le=180, description="the largest rotation either way, 0 to 180; the paper: 30")

    @model_validator(mode="after")
    def _chances_fit(self) -> "Augment":
        total = self.flip + self.rotate + self.upside_down
        if total > 1 + 1e-9:
            raise ValueError(
                f"finetune.augment: flip + rotate + upside_down is {total:g}; allowed: at most 1, "
                "for one of them is drawn for a clip"
            )
        return self


class Finetune(Section):
    """Regression of the BDI-II score."""

    epochs: Count = Field(description="a whole number from 1; the authors' code: 2")
    steps: Count = Field(description="optimiser steps an epoch; the authors' code: 1000")
    batch: Count = Field(description="effective batch, a whole number from 1; the authors' code: 24")
    accumulate: Count = Field(description="parts a batch is computed in, a divisor of finetune.batch")
    sync_batch_norm: bool = Field(description="true (GPUs only: one batch norm over all processes) or false")
    learning_rate: Real = Field(gt=0, description="above 0; the paper: 0.0001")
    decay: Real = Field(ge=0, description="d in rate / (1 + d x step), from 0; the authors' code: 0.0005")
    labels: Literal[True, "permuted"] = Field(
        description="true or permuted (a control: scores are dealt anew among sessions, so nothing can be learned)"
    )
    averaging: Real = Field(
        ge=0, lt=1, description="share kept at each step of the moving average of weights, from 0 (none) to below 1"
    )
    standardise: bool = Field(description="true (the network estimates in standard deviations) or false (in points)")
    augment: Augment
    validation: Literal["none", "development", "subjects"] = Field(
        description="none (fit on training and development), development (measured there, fitted on training) or "
        "subjects (measured on held-out subjects)"
    )
    held_out: Real = Field(gt=0, lt=1, description="share of subjects measured by finetune.validation subjects")
    precision: Precision = Field(description=PRECISIONS)
    seed: int = Field(ge=0, description="a whole number from 0")

    @model_validator(mode="after")
    def _batch_divides(self) -> "Finetune":
        _check_accumulation("finetune", self.batch, self.accumulate)
        return self


class Evaluate(Section):
    """How estimates become figures."""

    phases: Count = Field(description="phases of the subsampling averaged for a video, 1 to subsample.phases")
    order: Literal["recorded", "shuffled", "frozen", "reversed"] = Field(
        description="recorded, or a control: shuffled, frozen (the middle frame of a clip repeated) or reversed"
    )
    resamples: int = Field(ge=100, le=100000, description="bootstrap resamples of subjects, 100 to 100000")
    seed: int = Field(ge=0, description="a whole number from 0")


class Explain(Section):
    """Where Grad-CAM looks."""

    stage: Literal["conv2", "conv3", "conv4", "conv5"] = Field(
        description="conv2, conv3, conv4 or conv5: the stage whose last block is looked at"
    )


class Params(Section):
    """The whole of params.yaml, one section a stage."""

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
        if self.model.name == "c3d":  # its FC layers have weights for one size of clip
            for key, value, (least, most) in (
                ("clip.length", self.clip.length, (16, 31)),
                ("align.size", self.align.size, (96, 127)),
            ):
                if not least <= value <= most:
                    raise ValueError(f"{key} is {value}, but model.name is c3d; allowed for it: {least} to {most}")
        return self


def _check_accumulation(section: str, batch: int, parts: int) -> None:
    if batch % parts:
        divisors = ", ".join(str(d) for d in range(1, batch + 1) if batch % d == 0)
        raise ValueError(f"{section}.accumulate is {parts}, but {section}.batch is {batch}; allowed: {divisors}")
