"""The provenance that is saved beside trained weights, without names, times or anybody's score."""

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
    module: TrainingModule, source: Mapping[str, Any], epochs: int, metrics: Mapping[str, Any]
) -> Description:
    """Return the description of a trained module.

    Args:
        module: after training.
        source: what determined its weights, as JSON values: parameters and content hashes.
        epochs: of the training.
        metrics: the last row of each of its learning curves.
    """
    versions = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
    trained = {**source, "epochs": epochs, "processes": world_size()}
    history = {"source": "train", "trained": trained, "versions": versions, "metrics": metrics, **module.summary}
    return replace(module.description, history=history)
