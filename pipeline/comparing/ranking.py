"""How sure the order of configurations is: in how many draws of other subjects and other seeds each ranks first."""

from collections.abc import Sequence

import numpy as np
from jaxtyping import Float

from pipeline.comparing.repeats import Repeats
from pipeline.comparing.seeded import model_sums, seeds_of
from pipeline.comparing.variance import SeedVariance, pool
from pipeline.statistics.errors import rmse
from pipeline.statistics.scales import IDENTITY

DRAWS, SEED = 4000, 0


def first_shares(configurations: Sequence[Repeats], draws: int = DRAWS, seed: int = SEED) -> list[float]:
    """Return the share of draws in which each configuration has the lowest RMSE; a tie is divided.

    In a draw all configurations have the same subjects, drawn with replacement, each with all videos (the bootstrap
    over subjects). What other seeds do to all subjects alike is added as a normal number with the variance that the
    repeats show; a configuration without repeats takes the mean variance of the others. If none has repeats, the draws
    are of other subjects alone.

    Args:
        configurations: on the same videos.
        draws: number of draws.
        seed: of the draws.
    """
    generator = np.random.default_rng(seed)
    sums = [model_sums(item, rmse) for item in configurations]
    own = [seeds_of(item, rmse, IDENTITY) for item in configurations]
    lent = pool([seeds for seeds in own if seeds])
    subjects = len(set(configurations[0].subjects))
    counts = generator.multinomial(subjects, np.full(subjects, 1 / subjects), size=draws)
    values = np.stack(
        [
            models.mean(counts @ models.flat) + _seed_noise(seeds or lent, len(item.models), generator, draws)
            for item, models, seeds in zip(configurations, sums, own, strict=True)
        ]
    )  # configurations draws
    firsts = values == values.min(0)
    return [float(share) for share in (firsts / firsts.sum(0)).mean(1)]


def _seed_noise(
    seeds: SeedVariance | None, models: int, generator: np.random.Generator, draws: int
) -> Float[np.ndarray, " draws"]:
    variance = seeds.common / models if seeds else 0.0
    return generator.normal(0, variance**0.5, draws) if variance else np.zeros(draws)
