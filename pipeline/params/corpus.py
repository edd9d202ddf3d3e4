"""Sections of params.yaml on the corpus: the simulated one, and the one to read."""

from typing import Literal

from pydantic import Field, model_validator

from pipeline.params.scale import OwnScale, ScaleValue, scale_names, written_out
from pipeline.params.section import PLAIN, PlainPath, Real, Section

Layout = Literal["avec2013", "avec2014", "videos"]
LAYOUTS = "avec2013, avec2014 or videos"
OWN_LAYOUT = "videos"
AVEC_SCALE = "BDI-II"  # the name of the scale whose scores AVEC has


class Simulate(Section):
    """The simulated corpus: videos in the folder tree of AVEC2014, images in that of VGGFace2."""

    enabled: bool = Field(description="true or false")
    source: Literal["drawn", "footage"] = Field(
        description="drawn (the videos are drawn) or footage (made from the recordings in simulate.footage)"
    )
    footage: PlainPath = Field(description=f"a folder with recordings and a videos.csv, preferably absolute, {PLAIN}")
    seed: int = Field(ge=0, description="a whole number from 0")
    cue: Real = Field(
        ge=0, le=4, description="0 (the score has no effect on the videos) to 4; 1 is the documented effect"
    )
    cue_in: Literal["dynamics", "appearance"] = Field(
        description="dynamics (the score affects how fast a face moves) or appearance (it affects the face at rest)"
    )
    largest_cue: Real = Field(
        ge=0, le=4, description="of footage: the largest cue of corpora that shall have the same people, 0 to 4"
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
    external: bool = Field(description="true (a second corpus is drawn in data/simulated/other) or false")

    @model_validator(mode="after")
    def _subjects_fit(self) -> "Simulate":
        if self.subjects > 3 * self.sessions:
            raise ValueError(
                f"simulate.subjects is {self.subjects}, but there are only 3 x {self.sessions} sessions; "
                f"allowed: up to {3 * self.sessions}"
            )
        return self

    @model_validator(mode="after")
    def _footage_can_have_the_cue(self) -> "Simulate":
        if self.source == "footage":
            if self.cue > self.largest_cue:
                raise ValueError(
                    f"simulate.cue is {self.cue:g}, but sessions claim footage for simulate.largest_cue, which is "
                    f"{self.largest_cue:g}; allowed: up to that"
                )
            for key, value, allowed in (
                ("cue_in", self.cue_in, "dynamics"),
                ("subject_share", self.subject_share, 0),
            ):
                if value != allowed:
                    raise ValueError(
                        f"simulate.{key} is {value}, but simulate.source is footage; allowed for it: {allowed}"
                    )
        return self


class External(Section):
    """A second corpus, on which the model is tested instead of on the first one's test partition."""

    layout: Literal["none"] | Layout = Field(description=f"none (test on the corpus itself), {LAYOUTS}")
    root: PlainPath = Field(description=f"the folder of the external corpus, preferably absolute, {PLAIN}")
    labels_root: PlainPath = Field(description=f"the folder of its labels, {PLAIN}")
    shared_subjects: bool = Field(
        description="true (equal names of subjects are the same person in both corpora) or false (all are new people)"
    )


class Corpus(Section):
    """The recordings to read, their location and their partitions."""

    layout: Layout = Field(description=LAYOUTS)
    root: PlainPath = Field(description=f"the folder of the corpus, preferably absolute, {PLAIN}")
    labels_root: PlainPath = Field(description=f"the folder of the labels, {PLAIN}; corpus.root if they are together")
    scale: ScaleValue = Field(
        description=f"{', '.join(scale_names())}, or a scale of one's own with the keys "
        f"{', '.join(OwnScale.model_fields)}"
    )
    score_column: str = Field(min_length=1, description="the column of videos.csv with the score, score by default")
    cut: Real | None = Field(
        description="null, or a score of the scale: recordings with it or a higher score are positive"
    )
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
    labels: Literal[True, "permuted_subjects", "permuted_sessions"] = Field(
        description="true, or a control: permuted_subjects or permuted_sessions (no face tells a score then)"
    )
    permutation: int = Field(ge=0, description="which permutation of the scores, a whole number from 0")
    external: External

    @model_validator(mode="after")
    def _fold_exists(self) -> "Corpus":
        if self.fold >= self.folds:
            raise ValueError(
                f"corpus.fold is {self.fold}, but corpus.folds is {self.folds}; allowed: 0 to {self.folds - 1}"
            )
        return self

    @property
    def layouts(self) -> dict[str, str]:
        """The layouts of the corpus and of the external one, by key; without an external corpus, `none`."""
        return {"corpus.layout": self.layout, "corpus.external.layout": self.external.layout}

    @model_validator(mode="after")
    def _cut_is_a_score(self) -> "Corpus":
        scale = written_out(self.scale)
        if self.cut is not None and not scale.lowest < self.cut <= scale.highest:
            raise ValueError(
                f"corpus.cut is {self.cut:g}, but {scale.name} has scores from {scale.lowest} to {scale.highest}; "
                f"allowed: null, or a number above {scale.lowest}, up to {scale.highest}"
            )
        return self
