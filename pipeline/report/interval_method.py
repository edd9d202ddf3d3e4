"""The one statement of how the intervals of an evaluation are computed, for the text below headings and for Methods."""

from collections.abc import Mapping
from typing import Any

from pipeline.studies.definition import value_at

SHORT = (
    "In brackets: 95 % intervals by bootstrap over subjects, because videos of one person are not independent draws."
)


def interval_method(params: Mapping[str, Any]) -> str:
    """Return the sentence of Methods, with its citation."""
    resamples = value_at(params, "evaluate.resamples")
    return (
        "Intervals are 95 % percentile intervals of a bootstrap over subjects, who are drawn with all their videos "
        f"[@davison1997]; {resamples} resamples."
    )
