"""Tables in the paper's form: its numbers, and ours beside them."""

from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from pipeline.experiments.outcome import Outcome
from pipeline.models.description import network_name
from pipeline.params import ParamsError
from pipeline.params_check import check_model
from pipeline.report.blocks import Table
from pipeline.scoring.intervals import Interval
from pipeline.studies.collect import Row, Spread
from pipeline.studies.table import told

CORPORA = ("avec2013", "avec2014")
ERRORS = ("rmse", "mae")
HEADINGS = ("paper, AVEC2013: RMSE", "MAE", "paper, AVEC2014: RMSE", "MAE")
FLOP = (
    'The paper\'s column "FLOP (x 10^6)" is about twice the number of parameters for I3D and MSN, and cannot be what a '
    "clip costs; multiply-adds are counted for one clip here, and FLOP are twice as many."
)


@cache
def paper() -> Mapping[str, Any]:
    """The paper's numbers."""
    return yaml.safe_load(Path(__file__).with_name("paper.yaml").read_text(encoding="utf-8"))


def corpus_name(params: Mapping[str, Any]) -> str:
    """What the recordings of an experiment are, in words."""
    if params["simulate"]["enabled"]:
        return "simulated corpus"
    return {"avec2013": "AVEC2013", "avec2014": "AVEC2014"}.get(params["corpus"]["layout"], "own videos")


def network_label(params: Mapping[str, Any]) -> str:
    """What the network of an experiment is called; by its bare name where its parameters are of another time."""
    try:
        return network_name(check_model(params["model"], "params.yaml"))
    except ParamsError:
        return str(params["model"]["name"]).upper()


def table2(rows: Sequence[Row], main: Outcome) -> Table:
    """Errors by kernel set."""
    ours = {tuple(row.values.get("model.kernels", ())): row for row in rows}
    if main.params["model"]["name"] == "msn":
        ours.setdefault(tuple(main.params["model"]["kernels"]), _alone(main))
    known = [tuple(row["kernels"]) for row in paper()["table2"]]
    cells = [
        [" ".join(map(str, row["kernels"])), *_printed(row), *_ours(ours.get(tuple(row["kernels"])))]
        for row in paper()["table2"]
    ]
    cells += [
        [" ".join(map(str, kernels)), *[""] * 4, *_ours(row)] for kernels, row in ours.items() if kernels not in known
    ]
    depth, width = main.params["model"]["depth"], main.params["model"]["width"]
    note = f"The paper's are of MSN-69; ours of depth {depth} and width {width:g}, on the {corpus_name(main.params)}."
    return Table("Table 2: kernel sets", ["kernels", *HEADINGS, *_headings(main)], cells, [note])


def tables34(rows: Sequence[Row], main: Outcome) -> Table:
    """Errors by network."""
    ours = _by_network(rows, main)
    cells = [[_called(row["name"]), *_printed(row), *_ours(ours.get(row["name"]))] for row in paper()["networks"]]
    note = f"Ours on the {corpus_name(main.params)}: {_names(ours)}."
    return Table("Tables 3 and 4: networks", ["network", *HEADINGS, *_headings(main)], cells, [note])


def table5(rows: Sequence[Row], main: Outcome) -> Table:
    """Cost by network."""
    ours = _by_network(rows, main)
    cells = []
    for row in paper()["networks"]:
        cost = ours[row["name"]].cost if row["name"] in ours else {}
        counted = [
            f"{cost[key] / unit:.2f}" if key in cost else "" for key, unit in (("parameters", 1e6), ("macs", 1e9))
        ]
        printed = [f"{row['parameters']:.1f}", f"{row['seconds']:.3f}", f"{row['flop']:.1f}"]
        cells.append([_called(row["name"]), *printed, *counted])
    headings = [
        "network",
        "paper: million parameters",
        "seconds, Tesla T4",
        "FLOP (x 10^6)",
        "ours: million parameters",
    ]
    notes = [FLOP, "Ours are not timed here: `msn complexity` times them on a machine of one's own."]
    return Table("Table 5: cost of a clip", [*headings, "billion multiply-adds"], cells, [*notes, f"{_names(ours)}."])


def field(number: int, main: Outcome) -> Table:
    """Table 6 or 7: the field on AVEC2013 or AVEC2014, and our row below."""
    corpus = {6: "AVEC2013", 7: "AVEC2014"}[number]
    cells = [[row["method"], *(_number(value) for value in row["error"])] for row in paper()[f"table{number}"]]
    cells.append([f"ours: {network_label(main.params)}, {corpus_name(main.params)}", *_ours(_alone(main))])
    apart = corpus_name(main.params) != corpus
    notes = [f"Ours is of another corpus ({corpus_name(main.params)}): it does not compare."] if apart else []
    return Table(f"Table {number}: the field on {corpus}", ["method", "RMSE", "MAE"], cells, notes)


def figure4(rows: Sequence[Row], main: Outcome) -> Table:
    """Errors by depth."""
    ours: dict[int, Row] = {row.values["model.depth"]: row for row in rows if "model.depth" in row.values}
    if main.params["model"]["name"] == "msn":
        ours.setdefault(main.params["model"]["depth"], _alone(main))
    cells = [[str(depth), *_ours(ours[depth])] for depth in sorted(ours)]
    return Table("Figure 4 as numbers", ["depth", *_headings(main)], cells, [f"The paper: {paper()['figure4']}."])


def beside(main: Outcome) -> Table:
    """What the paper says of its MSN, and the same of this model."""
    r = main.score("pcc")
    counted = main.score("severe called minimal")
    rows = [
        ["Pearson's r", *(f"{paper()['pearson'][corpus]:.3f}" for corpus in CORPORA), interval(r)],
        [
            "severe called minimal",
            *(str(paper()["severe_called_minimal"][corpus]) for corpus in CORPORA),
            "not counted" if counted is None else f"{counted.value:.0f}",
        ],
    ]
    msn = next(row for row in paper()["networks"] if row["name"] == "msn")
    for place, name in enumerate(ERRORS):
        rows.insert(
            place, [name.upper(), *(_number(msn[corpus][place]) for corpus in CORPORA), interval(main.score(name))]
        )
    headings = ["figure", "paper, AVEC2013", "paper, AVEC2014", f"ours, {corpus_name(main.params)}"]
    return Table("The paper's MSN and this model", headings, rows)


def interval(found: Interval | None) -> str:
    """A figure with its interval; words where there is none."""
    return told(Spread(found.value, found.low, found.high)) if found else "not known"


def _by_network(rows: Sequence[Row], main: Outcome) -> dict[str, Row]:
    ours = {str(row.values["model.name"]): row for row in rows if row.outcomes and "model.name" in row.values}
    ours.setdefault(main.params["model"]["name"], _alone(main))
    return ours


def _alone(outcome: Outcome) -> Row:
    return Row(outcome.experiment.name, {}, (outcome,), 1, ())


def _headings(main: Outcome) -> list[str]:
    return [f"ours, {corpus_name(main.params)}: RMSE", "MAE"]


def _printed(row: Mapping[str, Any]) -> list[str]:
    return [_number(value) for corpus in CORPORA for value in row[corpus]]


def _ours(row: Row | None) -> list[str]:
    return [told(row.figure(name)) if row else "" for name in ERRORS]


def _number(value: float | None) -> str:
    return "" if value is None else f"{value:.2f}"


def _called(name: str) -> str:
    return name.upper()


def _names(ours: Mapping[str, Row]) -> str:
    return ", ".join(sorted({network_label(item.params) for row in ours.values() for item in row.outcomes[:1]}))
