"""The environment variables that change what the project does: which are set, and the values that name nothing."""

import os
import re

from pipeline.doctor.check import Check, Fact, Section, ok_or_warning

NUMBER = r"\d{1,6}"
# Variables, and what a value may look like to be shown. Other values may be paths, addresses or commands.
SHOWN = {
    "MSN_WORKERS": NUMBER,
    "MSN_DEVICE": rf"cpu|mps|cuda(:{NUMBER})?",
    "MSN_CHECKPOINTING": "[01]",
    "MSN_COMPILE": "[01]",
    "JAXTYPING_DISABLE": "[01]",
    "OMP_NUM_THREADS": NUMBER,
    "MKL_NUM_THREADS": NUMBER,
    "OMP_WAIT_POLICY": "ACTIVE|PASSIVE",
    "GOMP_SPINCOUNT": r"\d{1,12}",
    "CUDA_VISIBLE_DEVICES": rf"(-1|{NUMBER})(,{NUMBER})*",
    "WORLD_SIZE": NUMBER,
}
NOT_SHOWN = ("MSN_WORK", "MSN_LAUNCH", "MSN_REAL_DATA", "TMPDIR", "XDG_CACHE_HOME", "DVC_SITE_CACHE_DIR", "DVC_ROOT")
FOREIGN = ("PYTHONPATH", "PYTHONHOME", "LD_LIBRARY_PATH", "LD_PRELOAD")  # make Python load other files than usual


def examine() -> Section:
    """Return the variables that are set, and whether one of the project's prefix is known to it."""
    names = [name for name in sorted(os.environ) if name in {*SHOWN, *NOT_SHOWN, *FOREIGN} or _has_prefix(name)]
    facts: dict[str, Fact] = {name: _shown_value(name, os.environ[name]) for name in names}
    return Section("Environment variables that are set", facts, [_check_names(names)])


def _has_prefix(name: str) -> bool:
    return re.fullmatch(r"(MSN|DASK)_[A-Z0-9_]+", name) is not None


def _shown_value(name: str, value: str) -> str:
    if not value:
        return "empty"
    if re.fullmatch(SHOWN.get(name, "(?!)"), value):
        return value
    return "set; the value is not shown"


def _check_names(names: list[str]) -> Check:
    unknown = [name for name in names if name.startswith("MSN_") and name not in {*SHOWN, *NOT_SHOWN}]
    return ok_or_warning(
        "names of variables",
        not unknown,
        f"unknown to the project: {', '.join(unknown)}" if unknown else "all MSN_ variables that are set are known",
        "unset them; docs/reference/environment.md lists all",
    )
