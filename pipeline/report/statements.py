"""Statements of the model card on use and limits, which depend on the estimator and on the corpus."""

from collections.abc import Mapping
from typing import Any

from pipeline.experiments.dotted_keys import value_at
from pipeline.report.corpus import AVEC, OWN, PLANTED, SIMULATED, corpus_name, is_drawn
from pipeline.report.paper import CLIP_NETWORK, estimator_name, paper
from pipeline.report.scale import has_scale_of_paper, what_it_is, widths_of_bands
from pipeline.severity.scale import SeverityScale

USE = (
    "For: studies of the method on recordings of people who agreed to such research; teaching; a baseline to compare "
    "with.",
    "Not for: screening, triage, hiring, insurance, policing, monitoring of anyone who has not agreed to it, or any "
    "decision about a person.",
)
WITHOUT_FACE = (
    "A recording in which no face is found gets the constant as its estimate; the section Detection counts such "
    "recordings."
)
ANOTHER_MEASUREMENT = {  # what an estimate depends on, by estimator
    CLIP_NETWORK: "The estimate depends on how fast a face moves: another frame rate, camera or task is another "
    "measurement.",
    "frame_expectation": "The estimate is a mean over single frames, and cannot see how a face moves: another camera, "
    "light or task is another measurement.",
    "lpq_svr": "The estimate is made from textures of the face, averaged over time: another camera, light or task is "
    "another measurement.",
    "motion_statistics": "The estimate depends on how fast and how far a face moves, and on nothing else of it: "
    "another frame rate, camera or task is another measurement.",
}


def use(params: Mapping[str, Any], scale: SeverityScale) -> list[str]:
    """Return what a model is for, what it is not for, and how far off its method is in the publications."""
    bands = widths_of_bands(scale)
    error = published_error(params) if has_scale_of_paper(scale) else None
    errors = f"The published RMSE of the method is {error}; {bands}." if error else f"For comparison: {bands}."
    return [*USE, f"{what_it_is(scale)} {errors}"]


def published_error(params: Mapping[str, Any]) -> str | None:
    """Return the published RMSE of a run's method in each corpus, in words; None if none is known here."""
    name = estimator_name(params)
    if name == CLIP_NETWORK:
        rows = [row for row in paper()["networks"] if row["name"] == value_at(params, "model.name")]
        errors = [(corpus, row[layout][0]) for row in rows for layout, corpus in AVEC.items()]
    else:
        errors = [(AVEC[layout], error) for layout, error in paper()["estimators"].get(name, {}).items()]
    return " and ".join(f"{error:.2f} ({corpus})" for corpus, error in errors) or None


def limits(params: Mapping[str, Any]) -> list[str]:
    """Return the limits of a model."""
    other = "Another frame rate, camera or task is another measurement."
    return [
        _groups(params),
        ANOTHER_MEASUREMENT.get(estimator_name(params), other),
        _partitions(params),
        WITHOUT_FACE,
    ]


def _groups(params: Mapping[str, Any]) -> str:
    if is_drawn(params):
        return (
            "Drawn faces have no sex, age, culture, medication or illness: nothing here says how estimates differ by "
            "them."
        )
    if (name := corpus_name(params)) == PLANTED:
        reason = "the scores are made up, so nothing here can show it."
    elif name == OWN:
        reason = "the table of subgroups has those that `videos.csv` names, and small ones have wide intervals."
    else:
        reason = f"{name} is too small to measure it, and small subgroups below have wide intervals."
    return (
        f"It is not known how estimates differ by sex, age, skin colour, culture, medication or other illness; {reason}"
    )


def _partitions(params: Mapping[str, Any]) -> str:
    if value_at(params, "corpus.partition") == "subject_folds":
        return "No subject is in two partitions, so all metrics are of unseen subjects; one fold has few of them."
    name = corpus_name(params)
    if name == PLANTED:
        return "Everyone is in one partition, so all metrics are of unseen subjects."
    if name == OWN:
        return "The partitions are those of `videos.csv`; if they share subjects, look at the metrics of unseen ones."
    owner = (
        f"The partitions of the {SIMULATED}, like those of AVEC,"
        if name == SIMULATED
        else "The official partitions of AVEC"
    )
    return f"{owner} share subjects between fitting and test; look at the metrics of unseen subjects."
