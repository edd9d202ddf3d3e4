"""Tables in the form of the paper's: the published numbers, with those of this repository beside them."""

import math
from collections.abc import Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.experiments.outcome import Outcome
from pipeline.models.description import network_name
from pipeline.params.check import check_model
from pipeline.params.errors import ParamsError
from pipeline.params.estimator import estimator_names, settings_class
from pipeline.report.blocks import Table
from pipeline.report.corpus import AVEC, corpus_name, no_comparison, the_corpus
from pipeline.statistics.interval import Interval, format_count
from pipeline.studies.collect import Row, Spread
from pipeline.studies.table import format_spread

CORPORA = tuple(AVEC)
CLIP_NETWORK = "clip_network"  # the estimator of the paper's tables 2 to 5
ERRORS = ("rmse", "mae")
HEADINGS = ("paper, AVEC2013: RMSE", "MAE", "paper, AVEC2014: RMSE", "MAE")
FLOP = (
    'The paper\'s column "FLOP (x 10^6)" is about twice the number of parameters for I3D and MSN, so it cannot be the '
    "cost of a clip; multiply-adds are counted for one clip here, and FLOP are twice as many."
)


@cache
def paper() -> Mapping[str, Any]:
    """Return the published numbers."""
    return yaml.safe_load(Path(__file__).with_name("paper.yaml").read_text(encoding="utf-8"))


def paper_uncertainty() -> str:
    """Return how well an RMSE of the paper is known: 1.96 standard errors, each RMSE / sqrt(2 x videos)."""
    parts = [
        f"{1.96 * 8 / math.sqrt(2 * videos):.1f} points either way with its {videos} test videos of {AVEC[layout]}"
        for layout, videos in paper()["test_videos"].items()
    ]
    return (
        f"The paper reports no intervals. Were its videos independent and the errors normal, an RMSE of 8 would be "
        f"known to {' and '.join(parts)}; videos of one subject are alike, so it is known less well."
    )


def estimator_label(params: Mapping[str, Any]) -> str:
    """Return the readable name of an experiment's estimator.

    An estimator that this version does not have keeps its name in params.yaml; an older experiment has a clip network.
    """
    name = estimator_name(params)
    if name not in estimator_names():
        return name
    settings = settings_class(name)
    if not settings.networks:
        return settings.title
    return _network_label(params) if name == CLIP_NETWORK else f"{_network_label(params)}, {settings.title}"


def estimator_name(params: Mapping[str, Any]) -> str:
    """Return the value of estimator.name; experiments before there was one have a clip network."""
    return params.get("estimator", {}).get("name", CLIP_NETWORK)


def _network_label(params: Mapping[str, Any]) -> str:
    """Return the name of an experiment's network; without variant if its parameters are not those of this version."""
    try:
        return network_name(check_model(params["model"], "params.yaml"))
    except ParamsError:
        return str(params["model"]["name"]).upper()


def table2(rows: Sequence[Row], main: Outcome) -> Table:
    """Return table 2: errors by kernel set."""
    our_rows = {tuple(row.values.get("model.kernels", ())): row for row in rows}
    if _is_msn(main):
        our_rows.setdefault(tuple(main.params["model"]["kernels"]), _single_row(main))
    published = [tuple(row["kernels"]) for row in paper()["table2"]]
    cells = [
        [" ".join(map(str, row["kernels"])), *_published_errors(row), *_our_errors(our_rows.get(tuple(row["kernels"])))]
        for row in paper()["table2"]
    ]
    cells += [
        [" ".join(map(str, kernels)), *[""] * 4, *_our_errors(row)]
        for kernels, row in our_rows.items()
        if kernels not in published
    ]
    note = f"The paper's are of MSN-69; ours on {the_corpus(main.params)}: {_network_labels(our_rows.values())}."
    notes = [note, *no_comparison(main.params)]
    return Table("Table 2: kernel sets", ["kernels", *HEADINGS, *_headings(main)], cells, notes, "table2")


def tables34(rows: Sequence[Row], main: Outcome) -> Table:
    """Return tables 3 and 4: errors by network."""
    our_rows = _by_network(rows, main)
    cells = [
        [_network_heading(row["name"]), *_published_errors(row), *_our_errors(our_rows.get(row["name"]))]
        for row in paper()["networks"]
    ]
    note = f"Ours on {the_corpus(main.params)}: {_network_labels(our_rows.values())}."
    notes = [note, *no_comparison(main.params)]
    return Table("Tables 3 and 4: networks", ["network", *HEADINGS, *_headings(main)], cells, notes, "networks")


def table5(rows: Sequence[Row], main: Outcome) -> Table:
    """Return table 5: cost by network."""
    our_rows = _by_network(rows, main)
    cells = []
    for row in paper()["networks"]:
        cost = our_rows[row["name"]].cost if row["name"] in our_rows else {}
        our_cost = [
            f"{cost[key] / unit:.2f}" if key in cost else "" for key, unit in (("parameters", 1e6), ("macs", 1e9))
        ]
        published = [f"{row['parameters']:.1f}", f"{row['seconds']:.3f}", f"{row['flop']:.1f}"]
        cells.append([_network_heading(row["name"]), *published, *our_cost])
    headings = [
        "network",
        "paper: million parameters",
        "seconds, Tesla T4",
        "FLOP (x 10^6)",
        "ours: million parameters",
    ]
    notes = [FLOP, "Our networks are not timed here: `msn complexity` measures their time on your machine."]
    return Table(
        "Table 5: cost of a clip",
        [*headings, "billion multiply-adds"],
        cells,
        [*notes, f"Ours: {_network_labels(our_rows.values())}."],
        "cost",
    )


def field(number: int, main: Outcome) -> Table:
    """Return table 6 or 7: errors of other methods on AVEC2013 or AVEC2014, with our row last."""
    corpus = AVEC[{6: "avec2013", 7: "avec2014"}[number]]
    cells = [[row["method"], *(_format_number(value) for value in row["error"])] for row in paper()[f"table{number}"]]
    cells.append([f"ours: {estimator_label(main.params)}, {corpus_name(main.params)}", *_our_errors(_single_row(main))])
    notes = no_comparison(main.params, (corpus,))
    return Table(f"Table {number}: the field on {corpus}", ["method", "RMSE", "MAE"], cells, notes, "field")


def figure4(rows: Sequence[Row], main: Outcome) -> Table:
    """Return the numbers of figure 4: errors by depth."""
    our_rows: dict[int, Row] = {row.values["model.depth"]: row for row in rows if "model.depth" in row.values}
    if _is_msn(main):
        our_rows.setdefault(main.params["model"]["depth"], _single_row(main))
    cells = [[str(depth), *_our_errors(our_rows[depth])] for depth in sorted(our_rows)]
    return Table(
        "Figure 4 as numbers", ["depth", *_headings(main)], cells, [f"The paper: {paper()['figure4']}."], "figure4"
    )


def msn_comparison(main: Outcome) -> Table:
    """Return a table of the published metrics of the MSN beside those of this model."""
    r = main.metric("pcc")
    severe_called_minimal = main.metric("severe called minimal")
    rows = [
        ["Pearson's r", *(f"{paper()['pearson'][corpus]:.3f}" for corpus in CORPORA), format_metric(r)],
        [
            "severe called minimal",
            *(str(paper()["severe_called_minimal"][corpus]) for corpus in CORPORA),
            "not counted" if severe_called_minimal is None else format_count(severe_called_minimal),
        ],
    ]
    msn = next(row for row in paper()["networks"] if row["name"] == "msn")
    for index, name in enumerate(ERRORS):
        rows.insert(
            index,
            [
                name.upper(),
                *(_format_number(msn[corpus][index]) for corpus in CORPORA),
                format_metric(main.metric(name)),
            ],
        )
    headings = ["metric", "paper, AVEC2013", "paper, AVEC2014", f"ours, {corpus_name(main.params)}"]
    return Table("The paper's MSN and this model", headings, rows, no_comparison(main.params), "paper_msn")


def format_metric(interval: Interval | None) -> str:
    """Format a metric with its interval; "not known" for None."""
    return format_spread(Spread(interval.value, interval.low, interval.high)) if interval else "not known"


def _by_network(rows: Sequence[Row], main: Outcome) -> dict[str, Row]:
    """Return the finished rows, and one of `main`, by the name of their network."""
    our_rows = {str(row.values["model.name"]): row for row in rows if row.outcomes and "model.name" in row.values}
    if estimator_name(main.params) == CLIP_NETWORK:
        our_rows.setdefault(main.params["model"]["name"], _single_row(main))
    return our_rows


def _is_msn(outcome: Outcome) -> bool:
    """Whether an experiment fitted the MSN."""
    return estimator_name(outcome.params) == CLIP_NETWORK and outcome.params["model"]["name"] == "msn"


def _single_row(outcome: Outcome) -> Row:
    """Return a row of one experiment that is not part of a study."""
    return Row(outcome.experiment.name, {}, (outcome,), 1, ())


def _headings(main: Outcome) -> list[str]:
    return [f"ours, {corpus_name(main.params)}: RMSE", "MAE"]


def _published_errors(row: Mapping[str, Any]) -> list[str]:
    return [_format_number(value) for corpus in CORPORA for value in row[corpus]]


def _our_errors(row: Row | None) -> list[str]:
    return [format_spread(row.metric(name)) if row else "" for name in ERRORS]


def _format_number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _network_heading(name: str) -> str:
    return name.upper()


def _network_labels(our_rows: Iterable[Row]) -> str:
    labels = sorted({_network_label(item.params) for row in our_rows for item in row.outcomes[:1]})
    return ", ".join(labels) or "no network of clips"
