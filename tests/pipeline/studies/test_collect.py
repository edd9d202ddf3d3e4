"""Rows of a study: averaged over seeds, pooled over folds, ranked by validation; their tables and figures."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.experiments.outcome import Outcome, SubgroupMetric, read_outcome
from pipeline.experiments.repository import Experiment
from pipeline.statistics.interval import Interval
from pipeline.studies.collect import Row, Spread, gather, ranks
from pipeline.studies.definition import Point, Study
from pipeline.studies.figure import draw, write_figure
from pipeline.studies.queue import override
from pipeline.studies.table import csv_table, markdown, table

STUDY = Study.model_validate({"name": "mine", "title": "Mine", "repeats": ["finetune.seed"], "grids": [{}]})


def _outcome(name: str, rmse: float, validation: float | None = None, intervals: bool = True, seed: int = 1) -> Outcome:
    metrics = {("all", "model", "rmse"): SubgroupMetric(Interval(rmse, rmse - 1, rmse + 2), 6, 3)}
    params = {"model": {"depth": 27}, "finetune": {"seed": seed}}
    subgroups = metrics if intervals else {}
    return Outcome(
        Experiment(name, "0"), params, {"rmse": rmse, "constant": {"rmse": 12.0}}, {}, subgroups, validation, {}
    )


def _row(label: str, *outcomes: Outcome, repeats: int | None = None) -> Row:
    return Row(label, {}, outcomes, repeats or len(outcomes), ())


def test_metrics_of_experiments_without_estimates_are_averaged() -> None:
    row = _row("as it is", *(_outcome(f"s{seed}", 6.0 + seed, seed=seed) for seed in (1, 2, 3)))
    rmse = row.metric("rmse")
    assert rmse == Spread(8.0, values=(7.0, 8.0, 9.0))  # no interval: what the subjects do to the mean is not known
    assert rmse.deviation == 1.0  # over n - 1
    assert row.metric("rmse", estimator="constant") == Spread(12.0)  # seeds do not change it
    assert row.metric("mae") is None
    assert _row("one", _outcome("a", 7.0)).metric("rmse") == Spread(7.0, 6.0, 9.0)
    text = markdown(STUDY, [row])
    assert "| 8.00 (3 seeds, sd 1.00) |" in text
    assert "Without interval, because some estimates are not in DVC's cache" in text


def test_rows_are_ranked_by_validation_alone() -> None:
    rows = [_row("a", _outcome("a", 5.0, 9.0)), _row("b", _outcome("b", 6.0, 8.0)), _row("c", _outcome("c", 4.0))]
    # neither the best on the test partition nor the row without validation is first
    assert ranks(STUDY, rows) == [2, 1, None]
    assert ranks(STUDY, [rows[0], rows[2]]) == [None, None]
    assert "Not ranked: fewer than two rows have validation scores" in markdown(STUDY, [rows[0], rows[2]])
    assert "Ranked by validation RMSE" in markdown(STUDY, rows)
    assert "ranked" not in markdown(STUDY, rows[:1]).lower()  # a single row has no rank
    controls = STUDY.model_copy(update={"ranked": False})
    assert ranks(controls, rows) == [None, None, None]
    assert "ranked" not in markdown(controls, rows).lower()
    half = _row("half", _outcome("a", 5.0, 9.0), _outcome("b", 5.0))
    assert half.validation is None


def test_points_of_one_row_are_gathered() -> None:
    points = [Point(row, {}, {}, repeat, {}) for row in ("x", "y") for repeat in ("seed 1", "seed 2")]
    rows = gather(points, [_outcome("a", 1.0), ("mine-2", "failed"), ("mine-3", "missing"), _outcome("d", 4.0)])
    assert [(row.label, len(row.outcomes), row.repeats, row.states) for row in rows] == [
        ("x", 1, 2, (("mine-2", "failed"),)),
        ("y", 1, 2, (("mine-3", "missing"),)),
    ]
    text = markdown(STUDY, rows)
    assert "Failed: mine-2." in text and "Missing: mine-3." in text
    assert "a, 1 not finished" in text


def test_titles_and_labels_are_no_markup() -> None:
    study = STUDY.model_copy(update={"title": "`a` | *b*"})
    text = markdown(study, [_row("x|y <b> _z_ model.max_gap", _outcome("one", 7.0))])
    assert text.startswith("# \\`a\\` \\| \\*b\\*\n")
    assert "x\\|y \\<b> \\_z\\_ model.max_gap | " in text


def test_missing_values_are_noted() -> None:
    rows = [_row("old", _outcome("old", 7.0, intervals=False)), _row("new", _outcome("new", 8.0))]
    headings, cells = table(STUDY, rows)
    assert headings == ["", "RMSE", "RMSE constant", "experiments"]
    assert [line[1] for line in cells] == ["7.00", "8.00 (7.00 to 10.00)"]
    text = markdown(STUDY, rows)
    assert "Without intervals, because their results are not in DVC's cache: old." in text
    assert "Not ranked" in text
    columns, lines = csv_table(STUDY, rows)
    csv_rows = [dict(zip(columns, line, strict=True)) for line in lines]
    assert [(line["rmse"], line["rmse_low"], line["rmse_high"]) for line in csv_rows] == [
        ("7.0000", "", ""),
        ("8.0000", "7.0000", "10.0000"),
    ]


def test_an_experiment_without_some_files_is_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    workspace = Experiment("workspace", None)
    with pytest.raises(ValueError, match=r"workspace: no params.yaml, so this is no run of the pipeline"):
        read_outcome(workspace)
    Path("params.yaml").write_text("model: {depth: 27}\n")
    outcome = read_outcome(workspace)
    assert (outcome.metric("rmse"), outcome.validation, outcome.intervals) == (None, None, {})
    Path("metrics.json").write_text('{"rmse": 7.5, "constant": {"rmse": 12.5}}')
    outcome = read_outcome(workspace)
    assert outcome.metric("rmse") == Interval(7.5, None, None)
    assert outcome.metric("rmse", estimator="constant") == Interval(12.5, None, None)
    assert outcome.metric("rmse", subgroup="unseen") is None
    Path("metrics.json").write_text('{"rmse": 7.5, "unseen": {"rmse": 8.5}, "validation": {"rmse": 6.5}}')
    outcome = read_outcome(workspace)
    assert outcome.metric("rmse", subgroup="unseen") == Interval(8.5, None, None)
    assert outcome.metric("rmse", subgroup="unseen", estimator="constant") is None
    assert outcome.validation == 6.5
    Path("results").mkdir()
    Path("results/intervals.csv").write_text(
        "subgroup,estimator,metric,videos,subjects,value,low,high\nall,model,rmse,6,3,x,,\n"
    )
    with pytest.raises(ValueError, match=r"workspace: results/intervals.csv: row 2: .*'x'"):
        read_outcome(workspace)
    Path("results/intervals.csv").write_text("part,of,figure,videos,subjects,value,low,high\n")  # as it was once
    with pytest.raises(ValueError, match=r"no column subgroup, estimator, metric; found: part, of, figure, videos"):
        read_outcome(workspace)


def test_figures_with_and_without_x_axis(tmp_path: Path) -> None:
    with_x = Study.model_validate({"name": "mine", "title": "Mine", "x": "model.depth", "grids": [{}]})
    rows = [_row("a", _outcome("a", 7.0)), _row("none yet", repeats=1)]
    for study, label in ((with_x, "model.depth"), (STUDY, "error in points of BDI-II")):
        assert draw(study, rows[:1]).axes[0].get_xlabel() == label
        assert write_figure(tmp_path / "one.png", study, rows)
    axes = draw(with_x, [rows[0], rows[0]]).axes[0]  # two rows with the same x: no x axis
    assert [text.get_text() for text in axes.get_yticklabels()] == ["a", "a"]
    assert not write_figure(tmp_path / "two.png", STUDY, rows[1:])
    assert [path.name for path in tmp_path.iterdir()] == ["one.png"]


@pytest.mark.parametrize("x", ["model.depth", None])
def test_a_figure_shows_every_repeat_and_the_constant(x: str | None) -> None:
    study = STUDY.model_copy(update={"x": x})
    axes = draw(study, [_row("as it is", _outcome("a", 7.0), _outcome("b", 9.0, seed=2))]).axes[0]
    values = [(line, np.asarray(line.get_ydata() if x else line.get_xdata())) for line in axes.lines]
    assert [list(data) for line, data in values if line.get_label() == "RMSE, constant"] == [[12.0, 12.0]]
    assert [list(data) for line, data in values if line.get_alpha()] == [[7.0], [9.0]]


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ([3, 5], "k=[3,5]"),
        ("none", 'k="none"'),
        ("/é (1)", 'k="/é (1)"'),
        (0.5, "k=0.5"),
        (True, "k=true"),
        (None, "k=null"),
    ],
)
def test_overrides(value: object, expected: str) -> None:
    assert override("k", value) == expected
