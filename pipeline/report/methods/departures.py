"""Methods, on what differs from the publication: the settings that are not those of the paper's profile."""

from pipeline.experiments.outcome import Outcome
from pipeline.report.paper import CLIP_NETWORK, estimator_name
from pipeline.report.run import differences

SECTIONS = ("decode", "align", "subsample", "clip", "model", "pretrain", "finetune", "evaluate")  # that are the method


def departures(main: Outcome) -> str | None:
    """Return the text; None for an estimator that the publication does not have."""
    if estimator_name(main.params) != CLIP_NETWORK:
        return None
    rows = [row for row in differences(main).rows if row[0].split(".")[0] in SECTIONS]
    differing = "; ".join(f"{key} {here} ({profile})" for key, here, profile in rows)
    exceptions = f", except for these (in brackets the profile's): {differing}." if rows else ", without exception."
    return (
        "The settings are those that the profile of this software takes from the publication [@demelo2020] and its "
        f"authors' code{exceptions} What both leave open is listed in docs/explanation/open-questions.md."
    )
