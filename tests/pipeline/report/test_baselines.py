"""The report on baselines that see no behaviour: the notice at the top, and the tables."""

from pathlib import Path

import pytest
import yaml

from pipeline.experiments.outcome import Outcome, SubgroupMetric
from pipeline.experiments.repository import Experiment
from pipeline.report.baselines import baseline_tables
from pipeline.report.blocks import Table
from pipeline.report.page import render, summary
from pipeline.report.scores import section_scores
from pipeline.statistics.interval import Interval
from tests.pipeline.experiments.material import ROOT

BELOW, ABOUT = (-3.0, -4.5, -1.5), (-0.5, -1.5, 0.5)
RMSE = {"model": (6.0, 5.0, 7.0), "constant": (12.0, 11.0, 13.0), "metadata": (9.0, 8.0, 10.0), "difference": BELOW}
TELLING = {**RMSE, "metadata minus constant": BELOW, "difference to metadata": BELOW}
SILENT = {**RMSE, "metadata minus constant": ABOUT, "difference to metadata": BELOW}


@pytest.fixture(autouse=True)
def _workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "data/baselines").mkdir(parents=True)
    rows = ["baseline,measure,weight", "metadata,face_height,-1.25", "file_size,face_height,0.5"]
    (tmp_path / "data/baselines/weights.csv").write_text("\n".join(rows) + "\n")


def _outcome(rmse: dict[str, tuple[float, float, float]], part: str = "all") -> Outcome:
    params = yaml.safe_load((ROOT / "params.yaml").read_text())
    intervals = {(part, name, "rmse"): SubgroupMetric(Interval(*ends), 6, 3) for name, ends in rmse.items()}
    return Outcome(Experiment("one", None), params, {"rmse": 6.0, "videos": 6}, {}, intervals, None, {})


def test_a_telling_baseline_is_in_a_frame_at_the_top() -> None:
    page = render("title", summary(_outcome(TELLING)), [])
    assert page.count('<p class="warning">') == 2  # beside the statement that it is no diagnosis
    assert '<p class="warning">The scores can be estimated without behaviour: metadata (' in page


def test_other_baselines_are_not() -> None:
    for outcome in (_outcome(SILENT), _outcome(TELLING, "unseen"), _outcome({})):
        assert render("title", summary(outcome), []).count('<p class="warning">') == 1


def test_tables_have_the_errors_and_what_they_rest_on() -> None:
    errors, weights = baseline_tables(_outcome(TELLING))
    below = "-3.00 (-4.50 to -1.50)"
    assert errors.rows == [["metadata", "all", "9.00 (8.00 to 10.00)", below, below]]
    assert weights.headings == ["measure", "metadata", "metadata and file size"]
    assert weights.rows == [["face height", "-1.25", "+0.50"]]
    assert baseline_tables(_outcome({})) == []


def test_the_table_of_other_estimators_has_no_column_for_them() -> None:
    tables = [block for block in section_scores(_outcome(TELLING)).blocks if isinstance(block, Table)]
    (others,) = [table for table in tables if table.caption == "RMSE beside baselines that use no face"]
    assert others.headings == ["subgroup", "model", "constant", "difference"]
