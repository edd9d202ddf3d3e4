"""What baselines that see no behaviour say of a result: whether the corpus betrays its scores, and to whom.

A baseline is *telling* if it is better than the constant (but for the size of the file, which may see movement), or if
the model is not shown to be better than it. Better means that the 95 % interval of the paired difference of RMSE lies
below 0.
"""

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.records.baseline_estimates import BASELINES
from pipeline.scoring.summary import Summary, difference_to, gain_of
from pipeline.statistics.interval import Interval, format_interval

logger = logging.getLogger(__name__)

NOTEWORTHY = 0.1  # points: a strong penalty leaves differences of a thousandth, which can be certain too
SEES_MOVEMENT = "file_size"  # encoders spend bytes on movement: this baseline may beat the constant by behaviour


@dataclass(frozen=True)
class Comparison:
    """A baseline that sees no behaviour, beside the constant and the model; all are differences of RMSE, in points.

    Attributes:
        baseline: its name.
        rmse: its error.
        to_constant: its RMSE minus that of the constant.
        of_model: the RMSE of the model minus its own.
    """

    baseline: str
    rmse: Interval
    to_constant: Interval
    of_model: Interval

    @property
    def beats_constant(self) -> bool:
        """Whether it is better than the constant, by at least `NOTEWORTHY`."""
        return self.to_constant.high is not None and self.to_constant.high < 0 and self.to_constant.value <= -NOTEWORTHY

    @property
    def reaches_model(self) -> bool:
        """Whether the model is not shown to be better."""
        return self.of_model.high is not None and self.of_model.high >= 0


def compare_baselines(rmse: Mapping[str, Interval]) -> list[Comparison]:
    """Return the comparisons of the baselines that have estimates.

    Args:
        rmse: of the videos of a subgroup, by estimator or difference, as in intervals.csv.
    """
    keys = {name: (name, gain_of(name), difference_to(name)) for name in BASELINES}
    return [Comparison(name, *(rmse[key] for key in own)) for name, own in keys.items() if own[0] in rmse]


def describe(comparisons: Sequence[Comparison]) -> list[str]:
    """Return what the telling baselines say, in sentences; none if no baseline is telling.

    That the size of the file is better than the constant says nothing, because it may see movement.
    """
    sentences = [
        f"The scores can be estimated without behaviour: {BASELINES[item.baseline]} has an RMSE of "
        f"{format_interval(item.rmse)} points, and differs from the constant by {format_interval(item.to_constant)}."
        for item in comparisons
        if item.beats_constant and item.baseline != SEES_MOVEMENT
    ]
    if reached := [item for item in comparisons if item.reaches_model]:
        names = "; ".join(f"{BASELINES[item.baseline]}: {format_interval(item.of_model)}" for item in reached)
        sentences.append(
            "The model is not shown to be better than what sees no behaviour. Its RMSE minus that of each, in points: "
            f"{names}."
        )
    return sentences


def warn_about_baselines(summaries: Sequence[Summary]) -> None:
    """Warn of telling baselines, over all test videos."""
    for summary in summaries[:1]:
        rmse = {estimator: interval for (estimator, name), interval in summary.metrics.items() if name == "rmse"}
        for sentence in describe(compare_baselines(rmse)):
            logger.warning(sentence)
