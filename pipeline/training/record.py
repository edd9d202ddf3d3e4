"""What is written beside trained weights: how they came to be, without names, times or anybody's score."""

import platform
from collections.abc import Mapping
from dataclasses import replace
from importlib.metadata import version
from typing import Any

from pipeline.nets.weights import Description
from pipeline.training.ranks import world
from pipeline.training.task import Task

PACKAGES = ("msn-depression", "torch", "lightning", "numpy")


def describe(task: Task, source: Mapping[str, Any], epochs: int, metrics: Mapping[str, Any]) -> Description:
    """The description of a trained task.

    Args:
        task: after training.
        source: what shaped its weights: parameters and content hashes, as JSON values.
        epochs: how many it was trained for.
        metrics: the last row of each of its curves.
    """
    versions = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
    trained = {**source, "epochs": epochs, "processes": world()}
    history = {"source": "train", "trained": trained, "versions": versions, "metrics": metrics, **task.outcome}
    return replace(task.description, history=history)
