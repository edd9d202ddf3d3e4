"""What makes a run a control: a parameter that takes something away from it, so that its metrics are no result.

This is the one definition. The report, the stages, `msn profile` and `msn doctor` print its sentence. A further control
is one line of `CONTROLS`.
"""

from collections.abc import Mapping
from typing import Any

CONTROLS: dict[str, dict[Any, str]] = {  # by key: its values that make a control, each with what it does
    "corpus.labels": {
        "permuted_subjects": "its scores are permuted among subjects",
        "permuted_sessions": "its scores are permuted among sessions",
    },
    "clip.order": {
        "shuffled": "the frames of its clips are shuffled in fitting and in testing",
        "frozen": "the frames of its clips are frozen in fitting and in testing",
        "reversed": "the frames of its clips are reversed in fitting and in testing",
    },
    "evaluate.order": {
        "shuffled": "the frames of its clips are shuffled in testing",
        "frozen": "the frames of its clips are frozen in testing",
        "reversed": "the frames of its clips are reversed in testing",
    },
    "simulate.cue": {0: "its videos do not show the score (simulate.cue is 0)"},
    "simulate.cue_in": {"appearance": "its drawn faces show the score at rest"},
}
DRAWN = "simulate."  # keys that have an effect on the simulated corpus alone


def control_reasons(params: Mapping[str, Any]) -> dict[str, str]:
    """Return what makes a run a control, by key; empty if it is none.

    Args:
        params: the content of a params.yaml, also of an earlier version: keys that it lacks are no control.
    """
    simulated = bool(_value(params, "simulate.enabled"))
    reasons = {
        key: values.get(_value(params, key))
        for key, values in CONTROLS.items()
        if simulated or not key.startswith(DRAWN)
    }
    return {key: reason for key, reason in reasons.items() if reason is not None}


def control_warning(params: Mapping[str, Any]) -> str | None:
    """Return a warning if a run is a control, so that nobody takes its metrics for a result; else None."""
    reasons = control_reasons(params)
    return f"A CONTROL, and no result: {' and '.join(reasons.values())} ({', '.join(reasons)})." if reasons else None


def _value(params: Mapping[str, Any], key: str) -> Any:
    section, _, name = key.partition(".")
    return params.get(section, {}).get(name)
