"""The whole of params.yaml: its sections, each in a file of this room, and checks between them.

Every stage checks the whole of `params.yaml` before any work (`pipeline.params.check`). A check can refuse a value but
never change an output, so stages do not list these files as dependencies. The `description` of a field states the
allowed values, and errors print it.
"""

from pydantic import model_validator

from pipeline.params.corpus import AVEC_SCALE, OWN_LAYOUT, Corpus, Simulate
from pipeline.params.estimator import Estimator
from pipeline.params.evaluation import Baselines, Evaluate, Explain
from pipeline.params.faces import Align, Decode, Detection, Identities, Subsample
from pipeline.params.network import C3D_FRAMES, C3D_MAX_SCALE, C3D_PIXELS, Clip, Model
from pipeline.params.scale import written_out
from pipeline.params.section import Section
from pipeline.params.training import Finetune, Pretrain


class Params(Section):
    """The whole of params.yaml, with one section per stage."""

    simulate: Simulate
    corpus: Corpus
    decode: Decode
    align: Align
    detection: Detection
    subsample: Subsample
    baselines: Baselines
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
        self._check_scores()
        self._check_estimator()
        self._check_order()
        if self.model.name == "c3d":
            self._check_c3d()
        return self

    def _check_scores(self) -> None:
        """Check that a corpus can have the column of scores, and scores of the scale: AVEC only if it is simulated."""
        column, layouts = self.corpus.score_column, self.corpus.layouts
        if column != "score" and OWN_LAYOUT not in layouts.values():
            raise ValueError(
                f"corpus.score_column is {column}, but corpus.layout is {self.corpus.layout}, which has no table of "
                "scores; allowed for it: score"
            )
        name = written_out(self.corpus.scale).name
        for key, layout in layouts.items():
            if layout.startswith("avec") and name != AVEC_SCALE and not self.simulate.enabled:
                raise ValueError(
                    f"corpus.scale is {name}, but {key} is {layout}, whose scores are of {AVEC_SCALE}; allowed for it: "
                    "bdi-ii, or any scale with simulate.enabled: true"
                )

    def _check_c3d(self) -> None:
        """Check that the weights of C3D's FC layers fit the clips, and that it can be trained on such pixels."""
        for key, value, (minimum, maximum) in (
            ("clip.length", self.clip.length, C3D_FRAMES),
            ("align.size", self.align.size, C3D_PIXELS),
        ):
            if not minimum <= value <= maximum:
                raise ValueError(f"{key} is {value}, but model.name is c3d; allowed for it: {minimum} to {maximum}")
        if self.model.scale > C3D_MAX_SCALE:
            raise ValueError(
                f"model.scale is {self.model.scale:g}, but model.name is c3d, which has no batch norm: its loss would "
                f"not stay finite; allowed for it: above 0 to {C3D_MAX_SCALE:g}, as 0.0078125, which brings pixels "
                "between about -1 and 1"
            )

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
        settings.check_faces(self.align, self.clip)

    def _check_order(self) -> None:
        """Check that clips are reordered once at most, and only for an estimator that sees them."""
        order, name = self.clip.order, self.estimator.name
        if order == "recorded":
            return
        if not self.estimator.settings.reads_clips:
            raise ValueError(f"clip.order is {order}, but {name} sees no clips; allowed for it: recorded")
        if self.evaluate.order != "recorded":
            raise ValueError(
                f"evaluate.order is {self.evaluate.order}, but clip.order is {order}; allowed: one of them recorded, "
                "because clips are reordered once"
            )
