"""The provenance that is saved beside what was fitted, without names, times or anybody's score."""

import platform
from collections.abc import Mapping
from importlib.metadata import version
from typing import Any

from pipeline.training.distributed import world_size

PACKAGES = ("msn-depression", "torch", "lightning", "numpy", "scikit-learn")


def describe_fit(source: Mapping[str, Any]) -> dict[str, Any]:
    """Return the provenance of a fit, as entries of description.json.

    Args:
        source: what determined the result, as JSON values: parameters and content hashes.
    """
    versions = {"python": platform.python_version(), **{name: version(name) for name in PACKAGES}}
    return {
        "source": "train",
        "trained": {**source, "processes": world_size()},
        "versions": versions,
    }
