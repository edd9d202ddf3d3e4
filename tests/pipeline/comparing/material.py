"""Runs with estimates in memory, and configurations whose models differ by seeds as real ones do."""

from collections.abc import Mapping

import numpy as np

from pipeline.comparing.repeats import Repeats, Run
from pipeline.records.predictions import ScoredEstimate

Videos = Mapping[str, tuple[float, float]]  # score and estimate by recording; its first letter is the subject


def estimates(videos: Videos) -> list[ScoredEstimate]:
    return [ScoredEstimate(name, name[0], bdi, estimate, 1) for name, (bdi, estimate) in videos.items()]


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


class Population:
    """People with scores, and a configuration of which every training gives another model.

    All models share what makes a video difficult. A training draws a slope and an offset of its own (the same for all
    people), and an error of its own for every subject and video.
    """

    VIDEOS = 2  # of each subject

    def __init__(self, seed: int, slope: float = 0.08, offset: float = 1.5) -> None:
        self.generator = np.random.default_rng(seed)
        self.slope, self.offset = slope, offset

    def draw(self, subjects: int) -> tuple[list[ScoredEstimate], np.ndarray]:
        """Return the videos of new people, and what is seen in each video, on the scale of scores."""
        count = subjects * self.VIDEOS
        names = np.repeat([f"{number:05}" for number in range(subjects)], self.VIDEOS)
        scores = np.clip(np.repeat(self.generator.gamma(1.2, 11, subjects), self.VIDEOS), 0, 63)
        seen = scores + np.repeat(self.generator.normal(0, 5, subjects), self.VIDEOS)
        seen += 2.5 * self.generator.standard_t(5, count)
        videos = [
            ScoredEstimate(f"{name}_{row % self.VIDEOS}", name, score, 0.0, 1)
            for row, (name, score) in enumerate(zip(names.tolist(), scores.tolist(), strict=True))
        ]
        return videos, seen

    def train(self, seen: np.ndarray) -> np.ndarray:
        """Return the estimates of a new model."""
        slope = 0.6 + self.slope * self.generator.normal()
        own = np.repeat(self.generator.normal(0, 2, len(seen) // self.VIDEOS), self.VIDEOS)
        own += self.generator.normal(0, 1, len(seen))
        return 15 + self.offset * self.generator.normal() + slope * (seen - 15) + own

    def repeats(self, videos: list[ScoredEstimate], seen: np.ndarray, models: int) -> Repeats:
        return Repeats("x", tuple(videos), tuple(self.train(seen)[None] for _ in range(models)), ("finetune.seed",))
