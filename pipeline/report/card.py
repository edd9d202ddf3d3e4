"""The model card: intended use, data, limits and subgroups of a model, and the statement that it is no diagnosis."""

from collections.abc import Mapping
from typing import Any

from pipeline.experiments.dotted_keys import value_at
from pipeline.experiments.outcome import Outcome
from pipeline.params.estimator import estimator_names, settings_class
from pipeline.report.blocks import Section
from pipeline.report.corpus import recordings_statement, the_corpus
from pipeline.report.paper import CLIP_NETWORK, estimator_label, estimator_name
from pipeline.report.scale import no_diagnosis
from pipeline.report.scores import subgroups
from pipeline.report.statements import limits, use


def section_card(main: Outcome) -> Section:
    """Return the model card of an experiment."""
    params = main.params
    fitted_to = {"none": "training and development partitions", "development": "training partition"}.get(
        params["finetune"]["validation"], "training and development partitions without held-out subjects"
    )
    source = params["pretrain"]["source"]
    builds_on_network = _builds_on_network(params)
    start = {"train": "face recognition on the identities of this run", "none": "random weights"}.get(
        source, "weights made elsewhere"
    )
    folds = ""
    if value_at(params, "corpus.partition") == "subject_folds":
        folds = (
            f" Partitions are subject-disjoint folds: fold {value_at(params, 'corpus.fold')} of "
            f"{value_at(params, 'corpus.folds')} is tested, and no test subject was seen in fitting."
        )
    data = [
        f"Fitted to the {fitted_to} of {the_corpus(params)}{f', after {start}' if builds_on_network else ''}.{folds}",
        recordings_statement(params),
    ]
    size, is_clips = params["align"]["size"], estimator_name(params) == CLIP_NETWORK
    seen = f"clips of {params['clip']['length']} frames" if is_clips else "faces"
    frames = (
        "every frame" if value_at(params, "estimator.source") == "aligned" else _kept(params["subsample"]["factor"])
    )
    model = f"{estimator_label(params)}, {seen} of {size} x {size} pixels, {frames}."
    best = main.description.get("best")
    if not builds_on_network:
        model += " It is no network, and nothing is pretrained on faces; it may hold descriptors of fitted recordings."
    elif best:
        model += f" The weights are those of epoch {best['epoch']}, the best by validation (RMSE {best['rmse']:.2f})."
    elif value_at(params, "finetune.validation") == "none":
        model += " The weights are those at the end of the training; nothing was chosen by validation."
    return Section(
        "card",
        "Model card",
        [no_diagnosis(main.scale)],
        [
            Section("card-model", "The model", [model]),
            Section("card-use", "Intended use", use(params, main.scale)),
            Section("card-data", "Data", data),
            Section("card-limits", "Limits", limits(params)),
            Section("card-groups", "Subgroups", [], [subgroups(main)]),
        ],
    )


def _builds_on_network(params: Mapping[str, Any]) -> bool:
    """Whether the estimator builds on the network that is pretrained on faces; true for an unknown one."""
    name = estimator_name(params)
    return name not in estimator_names() or bool(settings_class(name).networks)


def _kept(factor: int) -> str:
    """Return which frames subsampling keeps."""
    return "every frame" if factor == 1 else f"one frame in {factor}"
