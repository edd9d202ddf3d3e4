"""The published numbers, checked by sums, and the tables that show ours beside them."""

from dataclasses import replace
from typing import Any

import pytest
import yaml

from pipeline.experiments.outcome import Outcome, SubgroupMetric
from pipeline.experiments.repository import Experiment
from pipeline.report.blocks import Picture, Table
from pipeline.report.paper import estimator_label, field, figure4, msn_comparison, paper, table2, table5, tables34
from pipeline.statistics.interval import Interval
from pipeline.studies.collect import Row
from tests.pipeline.experiments.material import ROOT

PARAMS: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text())


def _outcome(rmse: float, **model: object) -> Outcome:
    metrics = {
        ("all", "model", name): SubgroupMetric(Interval(rmse, rmse - 1, rmse + 1), 6, 3) for name in ("rmse", "mae")
    }
    params = {**PARAMS, "model": {**PARAMS["model"], **model}}
    return Outcome(Experiment("one", None), params, {}, {"parameters": 2_500_000, "macs": 3 * 10**9}, metrics, None, {})


def _row(outcome: Outcome, **values: object) -> Row:
    return Row("row", {key.replace("__", "."): value for key, value in values.items()}, (outcome,), 1, ())


def test_all_published_numbers_are_there() -> None:
    published = paper()
    assert [len(published[name]) for name in ("table2", "networks", "table6", "table7")] == [9, 3, 13, 12]
    best = min(published["table2"], key=lambda row: row["avec2013"][0])
    assert (best["kernels"], best["avec2013"], best["avec2014"]) == ([3, 5, 7], [7.90, 5.98], [7.61, 5.82])
    msn = published["networks"][2]
    assert (msn["avec2013"], msn["avec2014"]) == (best["avec2013"], best["avec2014"])
    assert published["table6"][-1]["error"] == msn["avec2013"]
    assert published["table7"][-1]["error"] == msn["avec2014"]
    sums = [sum(value or 0 for row in published[name] for value in row["error"]) for name in ("table6", "table7")]
    assert sums == pytest.approx([218.92, 198.07])  # added up from the paper's tables


def test_our_errors_are_in_the_row_of_their_kernels() -> None:
    main, single = _outcome(7.0), _outcome(9.0, kernels=[3])
    odd = _outcome(8.0, kernels=[9])
    rows = [_row(single, model__kernels=[3]), _row(odd, model__kernels=[9])]
    table = {row[0]: row[1:] for row in table2(rows, main).rows}
    assert table["3"] == ["8.79", "6.92", "8.36", "6.50", "9.00 (8.00 to 10.00)", "9.00 (8.00 to 10.00)"]
    assert table["3 5 7"][4] == "7.00 (6.00 to 8.00)"  # the reported model, which has no row
    assert table["3 5"][4] == ""
    assert table["9"] == ["", "", "", "", "8.00 (7.00 to 9.00)", "8.00 (7.00 to 9.00)"]


def test_tables_of_networks_costs_depths_and_other_methods() -> None:
    main, c3d = _outcome(7.0), _outcome(9.0, name="c3d")
    rows = [_row(c3d, model__name="c3d")]
    table = {row[0]: row[1:] for row in tables34(rows, main).rows}
    assert table["C3D"][4] == "9.00 (8.00 to 10.00)"
    assert table["I3D"] == ["8.66", "6.64", "8.55", "6.36", "", ""]
    assert {row[0]: row[1:] for row in table5(rows, main).rows}["C3D"] == ["32.1", "0.040", "8.9", "2.50", "3.00"]
    deep = _row(_outcome(6.0, depth=69), model__depth=69)
    assert [row[0] for row in figure4([deep], main).rows] == ["27", "69"]
    assert field(6, main).rows[-1][1] == "7.00 (6.00 to 8.00)"
    assert "it does not compare" in field(6, main).notes[0]
    assert [row[0] for row in msn_comparison(main).rows] == ["RMSE", "MAE", "Pearson's r", "severe called minimal"]
    assert msn_comparison(main).rows[2][1:] == ["0.727", "0.750", "not known"]


def test_an_estimator_that_is_no_msn_fills_no_row_of_the_msn() -> None:
    lpq = replace(_outcome(9.5), params={**PARAMS, "estimator": {**PARAMS["estimator"], "name": "lpq_svr"}})
    for table in (table2([], lpq), tables34([], lpq), table5([], lpq)):
        assert all("9.50" not in cell for row in table.rows for cell in row)
    assert figure4([], lpq).rows == []
    assert field(6, lpq).rows[-1][:2] == ["ours: LPQ + SVR, simulated corpus", "9.50 (8.50 to 10.50)"]
    assert tables34([], lpq).notes[0] == "Ours on the simulated corpus: no network of clips."


@pytest.mark.parametrize(
    ("params", "label"),
    [
        (PARAMS, "MSN-27 (3, 5, 7) x 0.125"),
        ({"model": PARAMS["model"]}, "MSN-27 (3, 5, 7) x 0.125"),  # an experiment before there were estimators
        ({**PARAMS, "estimator": {"name": "lpq_svr"}}, "LPQ + SVR"),
        (
            {"estimator": {"name": "frame_expectation"}, "model": {**PARAMS["model"], "name": "resnet50"}},
            "ResNet-50 x 0.125, frames, expectation of scores",
        ),
        ({**PARAMS, "estimator": {"name": "somebody_elses"}}, "somebody_elses"),
    ],
)
def test_estimators_have_readable_names(params: dict[str, Any], label: str) -> None:
    assert estimator_label(params) == label


def test_wrong_blocks_are_refused() -> None:
    with pytest.raises(ValueError, match="Wrong: 2 headings, but a row of 1 cells"):
        Table("Wrong", ["a", "b"], [["1"]])
    with pytest.raises(ValueError, match="no PNG"):
        Picture(b"GIF", "alt", "caption")
    with pytest.raises(ValueError, match="needs alternative text"):
        Picture(b"\x89PNG", "", "caption")
    table = Table("Right", ["a", "b", "c"], [["x", "1.00 (0.50 to 1.50)", "1 2"], ["y", "", "z"]])
    assert table.kinds == ["words", "number", "words"]
