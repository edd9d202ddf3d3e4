"""Predictions and subgroups for the tests of scoring."""

from typing import Any

from pipeline.scoring.baselines import Baseline
from pipeline.scoring.prediction_tables import Prediction
from pipeline.scoring.subgroups import Subgroup, subgroups_of


def prediction(recording: str, bdi: float | None, estimate: float, **changes: Any) -> Prediction:
    """Make a prediction; it has a subject of its own unless `changes` name one."""
    values = {
        "subject": f"of-{recording}",
        "seen": False,
        "session": "",
        "task": "",
        "clips": 2,
        "frames": 20,
        "absent": 0,
    }
    return Prediction(recording=recording, bdi=bdi, estimate=estimate, **{**values, **changes})


def subgroups(predictions: list[Prediction], constant: float) -> list[Subgroup]:
    """Return the subgroups of predictions, with a constant baseline and no subject met in fitting."""
    return subgroups_of(predictions, Baseline(constant, constant, {}))
