"""The section on subjects: its tables by hand, what it leaves out, and the warning about near twins."""

from pathlib import Path

import pytest

from pipeline.corpora.characteristics import write_characteristics
from pipeline.detection.near_twins import NearTwins
from pipeline.detection.near_twins_table import write_near_twins
from pipeline.experiments.outcome import Outcome, SubgroupMetric
from pipeline.experiments.repository import Experiment
from pipeline.records.labels import Label
from pipeline.report.blocks import Picture, Table
from pipeline.report.near_twins import near_twins_notice
from pipeline.report.page import summary
from pipeline.report.subjects import section_subjects
from pipeline.scoring.flow import STEPS, Counts, write_flow
from pipeline.severity.scale import scale_of
from pipeline.statistics.interval import Interval

PARTS = ("training", "development", "test", "all")
LABELS = [
    Label("secret-a", "ann", "1", "", "training", 10, "f", 30),
    Label("secret-b", "ann", "2", "", "test", 20.5, "f", 31),
    Label("secret-c", "bob", "1", "", "training", 14, "m", 44),
]


@pytest.fixture
def outcome(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Outcome:
    """An experiment in an empty working directory, with the intervals of 42 test subjects."""
    monkeypatch.chdir(tmp_path)
    for folder in ("data/corpus", "data/detection", "results"):
        Path(folder).mkdir(parents=True)
    metrics = {
        ("all", "model", "rmse"): SubgroupMetric(Interval(8.0, 7.0, 9.25), 84, 42),
        ("all", "difference", "rmse"): SubgroupMetric(Interval(-1.0, -3.0, 1.0), 84, 42),
    }
    params = {"evaluate": {}, "simulate": {"enabled": False}}
    return Outcome(Experiment("workspace", None), params, {}, {}, metrics, None, {})


def _tables(outcome: Outcome) -> dict[str, Table]:
    return {block.caption: block for block in section_subjects(outcome).blocks if isinstance(block, Table)}


def _flow(counts: dict[str, Counts]) -> None:
    write_flow(
        Path("results/flow.csv"),
        {(part, step): counts.get(step, Counts(0, 0, 0.0)) for part in PARTS for step in STEPS},
    )


def test_table_1_by_hand(outcome: Outcome) -> None:
    write_characteristics(Path("data/corpus/characteristics.csv"), LABELS, scale_of())
    _flow({"listed": Counts(9, 4, 12.34)})
    table = _tables(outcome)["Table 1: subjects by partition"]
    rows = {name: cells for name, *cells in table.rows}
    assert rows["subjects"] == ["2", "0", "1", "2"]
    assert rows["of them also in training"] == ["", "0", "1", ""]
    assert rows["of them also in test"] == ["1", "0", "", ""]
    assert rows["minutes that can be read"] == ["12.3"] * 4
    assert rows["score of a session: mean (standard deviation)"] == ["12.0 (2.8)", "", "20.5", "14.8 (5.3)"]
    assert rows["score: median (quartiles)"] == ["12 (11 to 13)", "", "20.5 (20.5 to 20.5)", "14 (12 to 17.25)"]
    assert rows["sessions, mild (14 to 19)"] == ["1", "0", "0", "1"]
    assert rows["subjects, sex f"] == ["1", "", "1", "1"]
    assert rows["age: lowest to highest"] == ["30 to 44", "", "31 to 31", "30.5 to 44"]


def test_the_flow_is_a_figure_and_a_table(outcome: Outcome) -> None:
    _flow({"listed": Counts(1234, 82, 9.0), "broken": Counts(2, 1, 0.0), "fitted": Counts(1232, 82, 9.0)})
    rows = {name: cells for name, *cells in _tables(outcome)["Flow of recordings: recordings (people)"].rows}
    assert rows["listed"] == ["1,234 (82)"] * 4
    assert rows["left out: cannot be read"] == ["2 (1)"] * 4
    assert list(rows)[-1] == "used for testing"
    assert any(isinstance(block, Picture) for block in section_subjects(outcome).blocks)


def test_the_reckoning_of_the_sample_size(outcome: Outcome) -> None:
    rows = {name: cell for name, cell in _tables(outcome)["What 42 test subjects can show (points)"].rows}
    assert rows["width of the 95 % interval of RMSE"] == "2.25"
    assert rows["visible difference to the constant"] == "2.84"  # 2 points, times (2.020 + 0.850) / 2.020
    assert rows["visible difference of two models whose errors correlate at 0.8"] == "2.13"  # 8 x 0.6 / sqrt(42) x 2.87


def test_an_experiment_without_the_tables_says_so(outcome: Outcome) -> None:
    section = section_subjects(outcome)
    assert section.paragraphs[0].startswith("Who is in the corpus is not known")
    assert list(_tables(outcome)) == ["What 42 test subjects can show (points)"]
    assert near_twins_notice(outcome) == []


@pytest.mark.parametrize(("partition", "warned"), [("test", True), ("training", False)])
def test_near_twins_in_two_partitions_are_at_the_top_of_the_page(
    outcome: Outcome, partition: str, warned: bool
) -> None:
    pairs = [NearTwins("secret-a", "secret-b", 0.9, 12.0)]
    opaque = {"secret-a": "0000aaaa", "secret-b": "0000bbbb"}
    partitions = {"secret-a": "training", "secret-b": partition}
    write_near_twins(Path("data/detection/near_twins.csv"), pairs, opaque, partitions)
    assert any("the same video seems to be in two partitions" in text for text in summary(outcome)) == warned
    (row,) = _tables(outcome)["Recordings that look like copies of one video"].rows
    assert list(row) == ["0000aaaa and 0000bbbb", f"training, {partition}", "0.900", "12.0"]


def test_no_pair_is_said(outcome: Outcome) -> None:
    write_near_twins(Path("data/detection/near_twins.csv"), [], {}, {})
    table = _tables(outcome)["Recordings that look like copies of one video"]
    assert not table.rows
    assert "No pair of recordings looks like copies of one video." in table.notes
    assert near_twins_notice(outcome) == []
