"""A population of people, and a configuration of which every training gives another model; nothing is trained."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float

from pipeline.comparing.repeats import Repeats
from pipeline.records.predictions import ScoredEstimate

VIDEOS = 2  # of each subject

Videos = Float[np.ndarray, " videos"]


@dataclass
class Population:
    """People with scores skewed as AVEC's, and models of one configuration.

    All models share what makes a video difficult. A training draws a slope and an offset of its own (the same for all
    people), and an error of its own for every subject and video.

    Attributes:
        seed: of people and trainings.
        slope: standard deviation of the slope between trainings.
        offset: standard deviation of the offset between trainings, in points.
    """

    seed: int
    slope: float = 0.08
    offset: float = 1.5

    @cached_property
    def generator(self) -> np.random.Generator:
        """The source of all random numbers, which goes on from draw to draw."""
        return np.random.default_rng(self.seed)

    def draw(self, subjects: int) -> tuple[list[ScoredEstimate], Videos]:
        """Return the videos of new people, and what is seen in each video, on the scale of scores."""
        count = subjects * VIDEOS
        names = np.repeat([f"{number:05}" for number in range(subjects)], VIDEOS)
        scores = np.clip(np.repeat(self.generator.gamma(1.2, 11, subjects), VIDEOS), 0, 63)
        seen = scores + np.repeat(self.generator.normal(0, 5, subjects), VIDEOS)
        seen += 2.5 * self.generator.standard_t(5, count)
        videos = [
            ScoredEstimate(f"{name}_{row % VIDEOS}", name, score, 0.0, 1)
            for row, (name, score) in enumerate(zip(names.tolist(), scores.tolist(), strict=True))
        ]
        return videos, seen

    def train(self, seen: Videos) -> Videos:
        """Return the estimates of a new model."""
        slope = 0.6 + self.slope * self.generator.normal()
        own = np.repeat(self.generator.normal(0, 2, len(seen) // VIDEOS), VIDEOS)
        own += self.generator.normal(0, 1, len(seen))
        return 15 + self.offset * self.generator.normal() + slope * (seen - 15) + own

    def repeats(self, videos: list[ScoredEstimate], seen: Videos, models: int) -> Repeats:
        """Return new models of the configuration on these videos."""
        return Repeats("x", tuple(videos), tuple(self.train(seen)[None] for _ in range(models)), ("finetune.seed",))
