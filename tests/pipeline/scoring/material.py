"""Predictions for the tests of scoring."""

from typing import Any

from pipeline.scoring.baselines import Baseline
from pipeline.scoring.predictions import Prediction
from pipeline.scoring.subgroups import Subgroup, subgroups_of


def prediction(recording: str, bdi: float | None, estimate: float, **changes: Any) -> Prediction:
    """A prediction of a subject of its own, unless `changes` say otherwise."""
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


def parts(predictions: list[Prediction], constant: float) -> list[Subgroup]:
    """The parts of predictions beside a constant, when nobody is known by name."""
    return subgroups_of(predictions, Baseline(constant, constant, {}))
