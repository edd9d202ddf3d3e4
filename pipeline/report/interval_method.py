"""The one statement of how the intervals of an evaluation are computed, for the text below headings and for Methods."""

from collections.abc import Mapping
from typing import Any

from pipeline.experiments.dotted_keys import value_at

SHORT = (
    "In brackets: 95 % intervals over subjects, because videos of one person are not independent draws. The model is "
    "of one training: what other seeds would give is not in them. Without brackets, there is none: fewer than "
    "three subjects, or a value at its bound or the same without any of them."
)
JACKKNIFE = (
    "Intervals are 95 % intervals over subjects: Student's t with the standard error of the jackknife over subjects "
    "[@efron1993] and degrees of freedom after Satterthwaite [@satterthwaite1946], for errors on the logarithmic scale "
    "and for correlations on Fisher's. Those of counts and shares are exact [@clopper1934], for the effective number "
    "of recordings [@korn1998]. They do not contain the variation between trainings."
)


def interval_method(params: Mapping[str, Any]) -> str:
    """Return the sentences of Methods, with their citations.

    Experiments with `evaluate.resamples` are of a version whose intervals were those of a bootstrap.
    """
    resamples = value_at(params, "evaluate.resamples")
    if resamples is None:
        return JACKKNIFE
    return (
        "Intervals are 95 % percentile intervals of a bootstrap over subjects, who are drawn with all their videos "
        f"[@davison1997]; {resamples} resamples."
    )
