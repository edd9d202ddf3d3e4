"""The settings of the estimators, and their registry: section `estimator` of params.yaml.

An estimator is registered by one line in `Estimator`, with the class of its settings. Its code stands in
`pipeline/estimators/<name>.py`, in a class with its name in capitals (`lpq_svr`: `LpqSvr`). This file imports no
estimator, because every stage checks all settings, and estimators import slow libraries.
"""

from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, field_validator

from pipeline.params.faces import Align
from pipeline.params.network import Clip
from pipeline.params.section import Real, Section, to_tuple

Source = Literal["sequences", "aligned"]

Positive = Annotated[Real, Field(gt=0)]
NotNegative = Annotated[Real, Field(ge=0)]


class EstimatorSettings(Section):
    """The base of the settings of an estimator.

    Attributes:
        title: readable name, for tables.
        networks: the names of `model.name` that it can build on; empty if it builds on no network.
        sources: the values of `estimator.source` that it can read.
        reads_clips: whether it sees several frames at once, so that their order (clip.order) can matter.
    """

    title: ClassVar[str]
    networks: ClassVar[tuple[str, ...]] = ()
    sources: ClassVar[tuple[Source, ...]] = ("sequences",)
    reads_clips: ClassVar[bool] = False

    def check_faces(self, align: Align, clip: Clip) -> None:
        """Check that such aligned faces, in such clips, can be used.

        Raises:
            ValueError: naming the settings and what is allowed.
        """


class ClipNetwork(EstimatorSettings):
    """A network of clips; its settings are the sections `model`, `clip` and `finetune`, so it has none of its own."""

    title = "clip network"
    networks = ("msn", "c3d", "i3d")
    reads_clips = True


class FrameExpectation(EstimatorSettings):
    """A network of single frames that estimates a distribution over all scores; beside `model` and `finetune`."""

    title = "frames, expectation of scores"
    networks = ("resnet50",)


class LpqSvr(EstimatorSettings):
    """Local phase quantisation in regions of the face, and support vector regression."""

    title = "LPQ + SVR"

    window: int = Field(ge=3, le=31, description="pixels, odd, 3 to 31: the window in which local phase is measured")
    grid: int = Field(ge=1, le=16, description="regions along each side of the face, 1 to 16")
    segment: Positive = Field(description="seconds of a segment, above 0; the mean of its frames is one descriptor")
    costs: Annotated[tuple[Positive, ...], BeforeValidator(to_tuple)] = Field(
        min_length=1, description="a list of numbers above 0: the values of C to choose from"
    )
    epsilons: Annotated[tuple[NotNegative, ...], BeforeValidator(to_tuple)] = Field(
        min_length=1, description="a list of numbers from 0, in points: the widths of the tube to choose from"
    )
    folds: int = Field(ge=2, le=100, description="folds of subjects for the choice without validation, 2 to 100")

    @field_validator("window")
    @classmethod
    def _odd(cls, window: int) -> int:
        if window % 2 == 0:
            raise ValueError
        return window

    def check_faces(self, align: Align, clip: Clip) -> None:
        """Check that every region of the face has a pixel whose window lies in the face."""
        if align.size - self.window + 1 < self.grid:
            raise ValueError(
                f"align.size is {align.size}, but estimator.lpq_svr has windows of {self.window} pixels and a grid of "
                f"{self.grid}; allowed: window + grid up to {align.size + 1}"
            )


class MotionStatistics(EstimatorSettings):
    """Mean squared differences of the face over lags of a few frames, and ridge regression."""

    title = "motion statistics + ridge"
    reads_clips = True

    side: int = Field(ge=8, le=512, description="pixels, 8 to align.size: the side to which faces are made smaller")
    lags: int = Field(
        ge=1, le=1000, description="frames, 1 to clip.length - 1: the longest lag; every lag from 1 is measured"
    )
    penalties: Annotated[tuple[Positive, ...], BeforeValidator(to_tuple)] = Field(
        min_length=1, description="a list of numbers above 0: the penalties to choose from"
    )
    folds: int = Field(ge=2, le=100, description="folds of subjects for the choice without validation, 2 to 100")

    def check_faces(self, align: Align, clip: Clip) -> None:
        """Check that faces lie in the template, are not smaller than the small ones, and that a clip has the lags."""
        name, longest, has_template = "estimator.motion_statistics", clip.length - 1, align.method == "similarity"
        for is_allowed, key, value, allowed in (
            (has_template, "align.method", align.method, "similarity, which puts eyes and mouth in one place"),
            (self.side <= align.size, f"{name}.side", self.side, f"8 to align.size, {align.size}"),
            (self.lags <= longest, f"{name}.lags", self.lags, f"1 to clip.length - 1, {longest}"),
        ):
            if not is_allowed:
                raise ValueError(f"{key} is {value}, but estimator.name is motion_statistics; allowed: {allowed}")


class Estimator(Section):
    """The estimator to fit and evaluate, and the settings of every estimator."""

    name: str = Field(description="the name of one of the estimators")
    source: Source = Field(
        description="sequences (subsampled faces) or aligned (also every native frame and its landmarks): what it reads"
    )
    clip_network: ClipNetwork
    frame_expectation: FrameExpectation
    lpq_svr: LpqSvr
    motion_statistics: MotionStatistics

    @field_validator("name")
    @classmethod
    def _registered(cls, name: str) -> str:
        if name not in estimator_names():
            raise ValueError(f"estimator.name is {name}; allowed: {', '.join(estimator_names())}")
        return name

    @property
    def settings(self) -> EstimatorSettings:
        """The settings of the chosen estimator."""
        return getattr(self, self.name)


def settings_class(name: str) -> type[EstimatorSettings]:
    """Return the class of an estimator's settings.

    Raises:
        ValueError: if no estimator has this name.
    """
    if name not in _settings_classes():
        raise ValueError(f"there is no estimator {name!r}; allowed: {', '.join(estimator_names())}")
    return _settings_classes()[name]


def estimator_names() -> list[str]:
    """Return the names of all estimators."""
    return list(_settings_classes())


def _settings_classes() -> dict[str, type[EstimatorSettings]]:
    annotations = {name: field.annotation for name, field in Estimator.model_fields.items()}
    return {
        name: kind
        for name, kind in annotations.items()
        if isinstance(kind, type) and issubclass(kind, EstimatorSettings)
    }
