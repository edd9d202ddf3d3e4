"""Methods, on estimators without a network: a hand-made descriptor of the face, and a classical regression."""

from collections.abc import Callable, Mapping
from typing import Any

from pipeline.experiments.dotted_keys import value_at

CHOSEN = {"lpq_svr": "C and epsilon were", "motion_statistics": "The penalty was"}  # by validation, or folds


def describe(params: Mapping[str, Any], name: str) -> str | None:
    """Return the text on an estimator without a network; None if this version does not know it."""
    return TEXTS[name](params) if name in TEXTS else None


def choice(params: Mapping[str, Any], name: str) -> list[str]:
    """Return the text on how the settings of the regression were chosen; nothing for an unknown estimator."""
    if name not in CHOSEN:
        return []
    folds = value_at(params, f"estimator.{name}.folds")
    means = "the validation RMSE" if params["finetune"]["validation"] != "none" else f"{folds} folds of subjects"
    return [f"{CHOSEN[name]} chosen by {means}."]


def _lpq_svr(params: Mapping[str, Any]) -> str:
    settings = params["estimator"]["lpq_svr"]
    return (
        f"The estimator is local phase quantisation [@ojansivu2008] in windows of {settings['window']} pixels, as "
        f"histograms of {settings['grid']} x {settings['grid']} regions of the face, averaged over segments of "
        f"{settings['segment']:g} s, with epsilon support vector regression in scikit-learn [@pedregosa2011], like the "
        f"video baseline of AVEC2013 [@valstar2013]."
    )


def _motion_statistics(params: Mapping[str, Any]) -> str:
    settings, length = params["estimator"]["motion_statistics"], params["clip"]["length"]
    side, lags = settings["side"], settings["lags"]
    return (
        f"The estimator measures motion. Each face was averaged to {side} x {side} grey pixels and standardised to "
        f"mean 0 and standard deviation 1. For lags k of 1 to {lags} frames, and for the whole face, the eyes and the "
        f"mouth, d(k) is the mean of (g(t + k) - g(t))^2 over pixels and over pairs of frames in one clip of {length} "
        f"frames. "
        f"The features are log d(k), and log d(k) - log d(1), which does not depend on the size of the movement, with "
        f"ridge regression [@hoerl1970] in scikit-learn [@pedregosa2011]."
    )


TEXTS: dict[str, Callable[[Mapping[str, Any]], str]] = {"lpq_svr": _lpq_svr, "motion_statistics": _motion_statistics}
