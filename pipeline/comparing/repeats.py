"""The repeats of one configuration: models that differ in nothing but their seeds, on the same videos.

What is a repeat follows from the parameters that differ between the runs:

- runs of different `corpus.fold` are no repeats: their videos are pooled, and count as those of one model;
- if `pretrain.seed` differs, and several runs share a pretraining, they are no independent repeats: the metric is
  averaged over the runs of one pretraining, and the pretrainings are the repeats. The variance between them then has
  both sources;
- else each run is a repeat, also where `pretrain.seed` and `finetune.seed` change together.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from jaxtyping import Float

from pipeline.comparing.videos import check_same_videos
from pipeline.experiments.dotted_keys import leaves, value_at
from pipeline.experiments.outcome import Outcome
from pipeline.records.predictions import ScoredEstimate

FOLD, PRETRAINING = "corpus.fold", "pretrain.seed"
SEEDS = (PRETRAINING, "finetune.seed")


@dataclass(frozen=True)
class Run:
    """One experiment.

    Attributes:
        name: of the experiment.
        params: the content of its params.yaml.
        estimates: of the test videos, sorted by recording.
    """

    name: str
    params: Mapping[str, Any]
    estimates: Sequence[ScoredEstimate]


@dataclass(frozen=True)
class Repeats:
    """One or more models of one configuration on the same videos.

    Attributes:
        name: of the configuration in tables and messages.
        videos: with their subjects and scores, sorted by recording; their estimates are those of the first run.
        models: the estimates of each model, one line for each of its runs: more than one if they share a pretraining.
        varied: dotted keys that differ between the runs, without `corpus.fold`.
    """

    name: str
    videos: tuple[ScoredEstimate, ...]
    models: tuple[Float[np.ndarray, "runs videos"], ...]
    varied: tuple[str, ...]

    @property
    def subjects(self) -> list[str]:
        """The subject of each video."""
        return [item.subject for item in self.videos]

    @property
    def truth(self) -> Float[np.ndarray, " videos"]:
        """The score of each video."""
        return np.array([item.score for item in self.videos], np.float64)

    def of_subgroup(self, name: str) -> "Repeats":
        """Return the same models on the videos of a subgroup: all, or those of `seen` or `unseen` subjects."""
        if name == "all":
            return self
        kept = [item.seen == (name == "seen") and item.seen is not None for item in self.videos]
        videos = tuple(item for item, is_kept in zip(self.videos, kept, strict=True) if is_kept)
        return Repeats(self.name, videos, tuple(model[:, np.array(kept, bool)] for model in self.models), self.varied)


def read_run(outcome: Outcome) -> Run:
    """Read the estimates of an experiment.

    Raises:
        ValueError: if they are neither in Git nor in DVC's cache, or cannot be read.
    """
    return Run(outcome.experiment.name, outcome.params, outcome.estimates)


def gather_repeats(name: str, runs: Sequence[Run]) -> Repeats:
    """Gather the runs of one configuration.

    Args:
        name: of the configuration.
        runs: at least one.

    Raises:
        ValueError: if two runs have the same parameters, or their videos are not the same; the message names them.
    """
    differing = differing_keys([run.params for run in runs])
    varied = tuple(key for key in differing if key != FOLD)
    pooled = _pool_folds(runs, varied)
    for run in pooled[1:]:
        check_same_videos(pooled[0].name, pooled[0].estimates, run.name, run.estimates)
    groups: dict[object, list[list[float]]] = {}
    for number, run in enumerate(pooled):
        group = value_at(run.params, PRETRAINING) if PRETRAINING in varied else number
        groups.setdefault(group, []).append([item.estimate for item in run.estimates])
    models = tuple(np.array(lines, np.float64) for lines in groups.values())
    return Repeats(name, tuple(pooled[0].estimates), models, varied)


def differing_keys(params: Sequence[Mapping[str, Any]]) -> list[str]:
    """Return the dotted keys that do not have the same value everywhere, in the order of the first."""
    by_key = [dict(leaves(item)) for item in params]
    keys = dict.fromkeys(key for item in by_key for key in item)
    return [key for key in keys if len({json.dumps(item.get(key), default=str) for item in by_key}) > 1]


def _pool_folds(runs: Sequence[Run], varied: Sequence[str]) -> list[Run]:
    """Return one run for all folds of the same seeds."""
    groups: dict[str, list[Run]] = {}
    for run in runs:
        key = json.dumps([value_at(run.params, key) for key in varied], default=str)
        groups.setdefault(key, []).append(run)
    return [_pool_run(group) for group in groups.values()]


def _pool_run(runs: Sequence[Run]) -> Run:
    if len(runs) == 1:
        return runs[0]
    names = ", ".join(run.name for run in runs)
    estimates = sorted((item for run in runs for item in run.estimates), key=lambda item: item.recording)
    if len({item.recording for item in estimates}) < len(estimates):
        raise ValueError(
            f"{names}: the same parameters but for {FOLD}, and some of the same videos, so these are neither repeats "
            f"nor folds; repeats differ in {' or '.join(SEEDS)}"
        )
    return Run(names, runs[0].params, estimates)
