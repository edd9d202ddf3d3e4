"""Methods, on evaluation: how a video is estimated, metrics, intervals, baselines and controls."""

from collections.abc import Sequence

from pipeline.experiments.dotted_keys import value_at
from pipeline.experiments.outcome import Outcome
from pipeline.params.controls import control_warning
from pipeline.records.baseline_estimates import BASELINES
from pipeline.report.interval_method import interval_method
from pipeline.report.methods.model import NETWORKS
from pipeline.report.paper import CLIP_NETWORK, estimator_name

LABELS_ALONE = {  # by the name of an estimator in intervals.csv
    "constant": "the mean score of fitting",
    "median": "the median score of fitting",
    "lookup": "the mean score of the same subject in fitting, else the mean score",
}
CALIBRATION = "Calibration is the line of scores on estimates, by least squares: its slope and intercept."
METRICS = (
    "We report RMSE, MAE, Pearson's r, the concordance correlation coefficient [@lin1989], and quadratically weighted "
    "kappa [@cohen1968] of the severity bands of {scale}, over recordings."
)


def evaluation(main: Outcome) -> str:
    """Return the text on estimates, metrics and intervals."""
    calibrated = any(metric == "calibration slope" for _, _, metric in main.intervals)
    metrics = [METRICS.format(scale=main.scale.name), *([CALIBRATION] if calibrated else [])]
    return " ".join(
        [_estimate(main), *metrics, *_cut(main), interval_method(main.params), *_conformal(main), *_saliency(main)]
    )


def comparisons(main: Outcome, studies: Sequence[str]) -> str:
    """Return the text on baselines, subgroups and controls.

    Args:
        main: the reported experiment.
        studies: names of the studies with finished experiments.
    """
    estimators = {estimator for _, estimator, _ in main.intervals}
    names = [words for name, words in LABELS_ALONE.items() if name in estimators or not main.intervals]
    ridge = [words for name, words in BASELINES.items() if name in estimators]
    sentences = [
        f"Baselines that see no face: {'; '.join(names)}.",
        *([f"Ridge regressions, fitted to the same recordings: on {'; on '.join(ridge)}."] if ridge else []),
        "Differences to baselines are paired, over the same recordings.",
        "Metrics are given separately for subjects that do and do not occur in fitting.",
    ]
    if warning := control_warning(main.params):
        sentences.append(warning)
    if studies:
        sentences.append(f"Variations and controls were run as the studies {', '.join(studies)}.")
    else:
        sentences.append("No other configuration is part of this report, and no control was run for it.")
    return " ".join(sentences)


def _estimate(main: Outcome) -> str:
    name, phases = estimator_name(main.params), value_at(main.params, "evaluate.phases")
    if name == CLIP_NETWORK:
        text = "The estimate of a recording is the mean over clips that cover it, weighted by the frames that each adds"
    elif name in NETWORKS:
        text = "The estimate of a recording is the mean over its frames"
    else:
        return "A recording is estimated as a whole."
    return f"{text}, in {phases} phases of the subsampling." if phases and phases > 1 else f"{text}."


def _cut(main: Outcome) -> list[str]:
    cut = value_at(main.params, "corpus.cut")
    if cut is None:
        return []
    return [
        f"For a score of {cut:g} or more on {main.scale.name} we report the area under the ROC curve, with DeLong's "
        "interval for clustered data [@obuchowski1997] on the logit scale, balanced accuracy, sensitivity and "
        "specificity."
    ]


def _conformal(main: Outcome) -> list[str]:
    if value_at(main.params, "finetune.validation") == "none":
        return []
    return [
        "Intervals around an estimate are split-conformal [@papadopoulos2002], calibrated on one recording of each "
        "validated subject [@dunn2023]."
    ]


def _saliency(main: Outcome) -> list[str]:
    if estimator_name(main.params) not in NETWORKS or not (stage := value_at(main.params, "explain.stage")):
        return []
    return [f"Relevance over faces is Grad-CAM [@selvaraju2017] of the last block of {stage}."]
