"""The model card: what a model is for, what it learned from, where it ends, and that it is no diagnosis."""

from collections.abc import Mapping
from typing import Any

from pipeline.experiments.outcome import Outcome
from pipeline.report.blocks import Section
from pipeline.report.paper import corpus_name, network_label
from pipeline.report.scores import subgroups
from pipeline.studies.definition import value_at

NO_DIAGNOSIS = (
    "A research instrument. It estimates a questionnaire score (BDI-II) from the face in a video. It does not "
    "diagnose, and is not for decisions about anyone."
)
USE = (
    "For: studies of the method on recordings of people who agreed to such research; teaching; a baseline to compare "
    "with.",
    "Not for: screening, triage, hiring, insurance, policing, monitoring of anyone who has not agreed to it, or any "
    "decision about a person.",
    "BDI-II is a self-report and itself no diagnosis. The published errors of this method are about 8 points of 63, as "
    "wide as a severity band.",
)
LIMITS = (
    "Not known is how estimates differ by sex, age, skin colour, culture, medication or other illness; the corpora are "
    "too small to say, and small groups below have wide intervals.",
    "The score is read from how fast a face moves: another frame rate, camera or task is another measurement.",
    "Official partitions of AVEC share subjects between fitting and test; look at unseen subjects.",
    "Where no face is found, the estimate is the constant; how often that was stands under Detection.",
)
SIMULATED = (
    "The recordings are drawn by the project itself: the score moves drawn faces more slowly and does nothing else. A "
    "model fitted to them knows nothing of people, and its errors say nothing of people."
)
LICENSED = (
    "The recordings are of real people, under the licence of their corpus; their faces, scores and saliency maps are "
    "personal data."
)


def control(params: Mapping[str, Any]) -> str | None:
    """What makes a run a control, so that nobody takes its scores for a result; None where it is none."""
    found = []
    if value_at(params, "finetune.labels") == "permuted":
        found.append("it was fitted to permuted labels")
    order = value_at(params, "evaluate.order")
    if order not in (None, "recorded"):
        found.append(f"the frames of its clips are {order}")
    return f"A control, and no result: {' and '.join(found)}." if found else None


def section_card(main: Outcome) -> Section:
    """The model card of an experiment."""
    params = main.params
    fitted = {"none": "training and development partitions", "development": "training partition"}.get(
        params["finetune"]["validation"], "training and development partitions without held-out subjects"
    )
    drawn = params["simulate"]["enabled"]
    source = params["pretrain"]["source"]
    begun = {"train": "face recognition on the identities of this run", "none": "random weights"}.get(
        source, "weights made elsewhere"
    )
    folds = ""
    if value_at(params, "corpus.partition") == "subject_folds":
        folds = (
            f" Partitions are subject-disjoint folds: fold {value_at(params, 'corpus.fold')} of "
            f"{value_at(params, 'corpus.folds')} is tested, and no test subject was seen in fitting."
        )
    data = [
        f"Fitted to the {fitted} of the {corpus_name(params)}, after {begun}.{folds}",
        SIMULATED if drawn else LICENSED,
    ]
    model = (
        f"{network_label(params)}, clips of {params['clip']['length']} frames of {params['align']['size']} x "
        f"{params['align']['size']} pixels, one frame in {params['subsample']['factor']}."
    )
    kept = main.description.get("best")
    if kept:
        model += f" Kept is epoch {kept['epoch']}, the best by validation (RMSE {kept['rmse']:.2f})."
    elif value_at(params, "finetune.validation") == "none":
        model += " Kept are the last weights; nothing was chosen by validation."
    return Section(
        "card",
        "Model card",
        [NO_DIAGNOSIS],
        [
            Section("card-model", "The model", [model]),
            Section("card-use", "Intended use", USE),
            Section("card-data", "Data", data),
            Section("card-limits", "Limits", LIMITS),
            Section("card-groups", "Subgroups", [], [subgroups(main)]),
        ],
    )
