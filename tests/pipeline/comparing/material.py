"""Runs with estimates in memory."""

from collections.abc import Mapping

from pipeline.comparing.repeats import Run
from pipeline.records.predictions import ScoredEstimate

Videos = Mapping[str, tuple[float, float]]  # score and estimate by recording; its first letter is the subject


def estimates(videos: Videos) -> list[ScoredEstimate]:
    return [ScoredEstimate(name, name[0], score, estimate, 1) for name, (score, estimate) in videos.items()]


def run(name: str, videos: Videos, pretraining: int = 1, finetuning: int = 1, fold: int = 0, depth: int = 27) -> Run:
    params = {
        "corpus": {"fold": fold},
        "model": {"depth": depth},
        "pretrain": {"seed": pretraining},
        "finetune": {"seed": finetuning},
    }
    return Run(name, params, estimates(videos))


def off_by(name: str, error: float, *recordings: str, **seeds: int) -> Run:
    """Return a run whose estimates of the recordings (all of score 10) are too high by `error`."""
    return run(name, {recording: (10.0, 10.0 + error) for recording in recordings}, **seeds)
