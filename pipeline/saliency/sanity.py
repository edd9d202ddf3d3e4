"""Whether a saliency map depends on what the network has learned: it must change when the weights are random.

A map that stays shows the picture, such as its edges, or the architecture, and explains no estimate (J. Adebayo et al.,
"Sanity Checks for Saliency Maps", NeurIPS 2018). Likeness is Spearman's rank correlation of the absolute relevance of
all pixels of a clip.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from jaxtyping import Float
from scipy.stats import spearmanr

from pipeline.records.tables import parse_rows, write_rows
from pipeline.saliency.explanation import Explanation
from pipeline.saliency.random_weights import ALL, randomise_downwards
from pipeline.saliency.relevance import clip_relevance
from pipeline.score_networks.scorer import Scorer

DRAWS = 3  # of random weights
TOO_ALIKE = 0.5  # a mean rank correlation above it, with all weights random: the map does not depend on learning
COLUMNS = ("random", "draw", "band", "correlation")

Map = Float[np.ndarray, "time height width"]


@dataclass(frozen=True)
class Likeness:
    """How alike the maps of the fitted and of a randomised network are, for one clip.

    Attributes:
        random: the lowest part of the network with random weights: `head`, a stage, or `all`.
        draw: number of the draw of weights.
        band: severity band of the clip.
        correlation: Spearman's, of the absolute relevance, -1 to 1.
    """

    random: str
    draw: int
    band: str
    correlation: float


def rank_correlation(first: Map, second: Map) -> float:
    """Return Spearman's rank correlation of the absolute relevance of two maps; 0 if one is the same everywhere."""
    absolute = [np.abs(values).ravel() for values in (first, second)]
    if any(np.ptp(values) == 0 for values in absolute):
        return 0.0
    return float(spearmanr(*absolute).statistic)


def check_sanity(scorer: Scorer, explanations: Sequence[Explanation], device: torch.device) -> list[Likeness]:
    """Compare the map of each clip with those of networks with random weights.

    Args:
        scorer: the fitted network, in evaluation mode, on `device`.
        explanations: by the fitted network.
        device: of the network.
    """
    return [
        Likeness(name, draw, item.metadata.band, rank_correlation(item.relevance, _map(randomised, item, device)))
        for draw in range(DRAWS)
        for name, randomised in randomise_downwards(scorer, draw)
        for item in explanations
    ]


def _map(scorer: Scorer, explanation: Explanation, device: torch.device) -> Map:
    maps, _ = clip_relevance(scorer, explanation.faces, explanation.metadata.stage, device)
    return maps


def mean_by_part(likenesses: Iterable[Likeness]) -> dict[str, float]:
    """Return the mean correlation over clips and draws for each part, from the output downwards."""
    values: dict[str, list[float]] = {}
    for item in likenesses:
        values.setdefault(item.random, []).append(item.correlation)
    return {name: float(np.mean(correlations)) for name, correlations in values.items()}


def is_alike(means: dict[str, float]) -> bool:
    """Whether maps hardly depend on what was learned, from the result of `mean_by_part`."""
    return means[ALL] > TOO_ALIKE


def verdict(means: dict[str, float]) -> str:
    """Return in a sentence whether maps depend on what was learned, from the result of `mean_by_part`."""
    alike = f"with all weights random their mean rank correlation is {means[ALL]:.2f}"
    if is_alike(means):
        return (
            f"The maps hardly depend on what was learned: {alike}, above {TOO_ALIKE}. They show the picture or the "
            "architecture; do not read them as an explanation."
        )
    return f"The maps depend on what was learned: {alike}, at most {TOO_ALIKE}."


def write_sanity(path: Path, likenesses: Iterable[Likeness]) -> None:
    """Write a row for each part, draw and clip; no recording is named."""
    rows = [[item.random, item.draw, item.band, f"{item.correlation:z.4f}"] for item in likenesses]
    write_rows(path, COLUMNS, rows)


def parse_sanity(text: str, source: str) -> list[Likeness]:
    """Parse the text of the table that `write_sanity` wrote; `source` names it in errors.

    Raises:
        ValueError: naming `source` and a missing column or a wrong row.
    """
    likenesses = []
    for number, row in parse_rows(text, source, COLUMNS):
        try:
            likenesses.append(Likeness(row["random"], int(row["draw"]), row["band"], float(row["correlation"])))
        except ValueError as error:
            raise ValueError(f"{source}: row {number}: {error}") from None
    return likenesses
