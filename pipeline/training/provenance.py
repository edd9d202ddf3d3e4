"""What is written beside trained weights: how they came to be, without names, times or anybody's score."""

import platform
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from typing import Any

from pipeline.models.description import Description
from pipeline.training.distributed import world_size
from pipeline.training.module import TrainingModule

PACKAGES = ("msn-depression", "torch", "lightning", "numpy")


def describe_training(
    task: TrainingModule, source: Mapping[str, Any], epochs: int, metrics: Mapping[str, Any]
) -> Description:
    """The description of a trained task.

    Args:
        task: after training.
        source: what shaped its weights: parameters and content hashes, as JSON values.
        epochs: how many it was trained for.
        metrics: the last row of each of its curves.
    """
    versions = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
    trained = {**source, "epochs": epochs, "processes": world_size()}
    history = {"source": "train", "trained": trained, "versions": versions, "metrics": metrics, **task.outcome}
    return replace(task.description, history=history)
