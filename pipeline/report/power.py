"""The section on what slowing would have been found in the recordings, beside the result on their own scores."""

from collections.abc import Sequence
from functools import partial

from pipeline.experiments.outcome import Outcome
from pipeline.png import png_bytes
from pipeline.report.blocks import Picture, Section, Table
from pipeline.report.paper import format_metric
from pipeline.report.sections import StudyResults
from pipeline.studies.figure import DPI, draw
from pipeline.studies.power import power_curves
from pipeline.studies.table import notes, table


def section_power(main: Outcome, studies: Sequence[StudyResults]) -> Section | None:
    """Return the section; None without a study that plants a cue with a finished draw."""
    blocks: list[Picture | Table] = []
    for item in studies:
        if not power_curves(item.study, item.rows):
            continue
        headings, cells = table(item.study, item.rows)
        alt = (
            f"{item.study.title}: Pearson's r, and RMSE over the constant's, against the planted slowing, as in the "
            "table below."
        )
        picture = png_bytes(partial(draw, item.study, item.finished_rows), DPI)
        blocks += [
            Picture(picture, alt, item.study.title, "power_figure"),
            Table(item.study.title, ["estimator", *headings[1:]], cells, notes(item.study, item.rows), "power_table"),
        ]
    return Section("power", "What slowing would have been found", [_own_result(main)], blocks) if blocks else None


def _own_result(main: Outcome) -> str:
    """Return the result of the reported run in the measures of the figure."""
    r, rmse, constant = main.metric("pcc"), main.metric("rmse"), main.metric("rmse", estimator="constant")
    of_r = f"r is {format_metric(r)}" if r else "r is not defined, because all estimates are equal"
    of_rmse = f", and the RMSE is {rmse.value / constant.value:.2f} of the constant's" if rmse and constant else ""
    return (
        f"To compare with: on the scores of the reported run {of_r}{of_rmse}. If a planted slowing is nearly always "
        "found, and nothing is found in these scores, then these people hardly move as much slower at a higher score, "
        "in what the estimator sees."
    )
