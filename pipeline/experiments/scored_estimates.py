"""The estimates of an experiment, read from the predictions.csv of its stage evaluate."""

from pipeline.experiments.repository import Experiment
from pipeline.records.predictions import ScoredEstimate, parse_predictions

PREDICTIONS = "results/predictions.csv"


def read_estimates(experiment: Experiment) -> list[ScoredEstimate]:
    """Read the estimates of an experiment, sorted by recording.

    Raises:
        ValueError: if it has none, or the table lacks a column or a number.
    """
    text = experiment.text(PREDICTIONS)
    if text is None:
        raise ValueError(
            f"{experiment.name}: no {PREDICTIONS}, neither in Git nor in DVC's cache; was evaluate run there? "
            f"`dvc exp apply {experiment.name}` and `dvc repro evaluate` make it"
        )
    estimates = parse_predictions(text, f"{experiment.name}: {PREDICTIONS}")
    return sorted(estimates, key=lambda item: item.recording)
