"""How much work a stage has, to which its time is proportional, and what must be equal for a rate to carry over."""

import math
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache, partial
from pathlib import Path

from pipeline.complexity.count import cost_of
from pipeline.complexity.table import architecture_of
from pipeline.params.network import Model
from pipeline.params.whole import Params

VIDEOS_PER_SESSION = 6  # simulated: three partitions, two videos of each session
TRAININGS = ("pretrain", "finetune")


@dataclass(frozen=True)
class Work:
    """The work of one run of a stage.

    Attributes:
        amount: in a unit of the stage: frames, samples times multiply-adds, or 1 for the whole.
        kind: what must be equal for the seconds per unit to carry over, such as the network's name.
    """

    amount: float
    kind: tuple[object, ...] = ()

    def ratio(self, other: "Work") -> float | None:
        """Return how many times as much this is as another; None if they are of different kinds."""
        return self.amount / other.amount if self.kind == other.kind else None


def work_of(stage: str, params: Params) -> Work:
    """Return the work of a stage; of a stage that is not known here it is 1, whatever the parameters.

    Raises:
        OSError: if the list of identity images is needed and cannot be read.
    """
    return WORK[stage](params) if stage in WORK else Work(1)


def trained_clips(stage: str, params: Params) -> int:
    """Return how many clips a training sees in all: those of `pretrain` repeat an image, or are one."""
    if stage == "pretrain":
        settings = params.pretrain
        fitted = math.floor(_images(params) * (1 - settings.held_out))
        return settings.epochs * (fitted // settings.batch) * settings.batch
    return params.finetune.epochs * params.finetune.steps * params.finetune.batch


def _simulate(params: Params) -> Work:
    simulate = params.simulate
    pixels = simulate.width * simulate.height
    return Work(
        simulate.sessions * VIDEOS_PER_SESSION * simulate.frames * pixels, (simulate.enabled, simulate.external)
    )


def _corpus(params: Params) -> Work:
    """Frames, if the corpus is simulated; any other one is as large as it was."""
    simulate, corpus = params.simulate, params.corpus
    frames = simulate.sessions * VIDEOS_PER_SESSION * simulate.frames if simulate.enabled else 1
    places = (corpus.layout, corpus.root, corpus.external.layout, corpus.external.root)
    return Work(frames, (simulate.enabled, *places, params.decode.fps))


def _align(params: Params) -> Work:
    corpus, align = _corpus(params), params.align
    return Work(corpus.amount, (*corpus.kind, align.method, align.detector))


def _identities(params: Params) -> Work:
    return Work(_images(params), (params.identities.landmarks, params.align.method))


def _pretrain(params: Params) -> Work:
    source = params.pretrain.source
    amount = trained_clips("pretrain", params) * _macs(params) if source == "train" else 1
    return Work(amount, (source, params.model.name, params.pretrain.precision))


def _finetune(params: Params) -> Work:
    amount = trained_clips("finetune", params) * _macs(params)
    return Work(amount, (params.estimator.name, params.model.name, params.finetune.precision))


def _evaluate(params: Params) -> Work:
    corpus = _corpus(params)
    amount = corpus.amount / params.subsample.factor * params.evaluate.phases * _macs(params)
    return Work(amount, (*corpus.kind, params.estimator.name, params.model.name))


def _explain(params: Params) -> Work:
    return Work(_macs(params), (*_corpus(params).kind, params.estimator.name, params.model.name))


WORK: dict[str, Callable[[Params], Work]] = {
    "simulate": _simulate,
    "ingest": _corpus,
    "decode": _corpus,
    "align": _align,
    "detection": _corpus,
    "subsample": _corpus,
    "baselines": _corpus,
    "identities": _identities,
    "pretrain": _pretrain,
    "finetune": _finetune,
    "evaluate": _evaluate,
    "explain": _explain,
}


def _images(params: Params) -> int:
    """Return the number of identity images: drawn, or listed."""
    if params.simulate.enabled:
        return params.simulate.identities * params.simulate.images
    with Path(params.identities.list).open("rb") as stream:
        return sum(1 for line in stream if line.strip())


def _macs(params: Params) -> int:
    return _counted(params.model, params.clip.length, params.align.size)


@cache
def _counted(model: Model, frames: int, size: int) -> int:
    return cost_of(partial(architecture_of, model, frames), size).macs
