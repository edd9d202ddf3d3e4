"""The flow of recordings by hand: each leaves it once, and the steps add up."""

from pathlib import Path

import pytest

from pipeline.data.split import split_labels
from pipeline.records.labels import PARTITIONS, Label
from pipeline.scoring.flow import ALL, LISTED, STEPS, USES, Counts, count_flow, write_flow
from tests.pipeline.training.material import write_sequence

LENGTH = 8
MINUTE = 225  # frames at the 3.75 a second of these sequences


@pytest.fixture
def sequences(tmp_path: Path) -> Path:
    """Sequences of one minute; `dark` has no face, `brief` none for long enough, and `broken` has no sequence."""
    for name in ("used", "again", "unscored", "held out", "tested"):
        write_sequence(tmp_path / name, [MINUTE, MINUTE - 1])
    write_sequence(tmp_path / "dark", [MINUTE], absent=True)
    write_sequence(tmp_path / "brief", [12], absent=[6])
    return tmp_path


LABELS = [
    Label("used", "ann", "", "", "training", 12),
    Label("again", "ann", "", "", "training", 13),
    Label("unscored", "bob", "", "", "training", None),
    Label("broken", "cy", "", "", "training", 1),
    Label("held out", "ann", "", "", "development", 3),
    Label("tested", "di", "", "", "test", 4),
    Label("dark", "di", "", "", "test", 5),
    Label("brief", "ed", "", "", "test", 6),
]


def test_counts_by_hand(sequences: Path) -> None:
    fitting = [label for label in LABELS if label.partition != "test"]
    flow = count_flow(LABELS, split_labels(fitting, "development", 0.0, 0), sequences, LENGTH, "skip")
    assert list(flow) == [(partition, step) for partition in (*PARTITIONS, ALL) for step in STEPS]
    brief = 12 / MINUTE
    assert {key: counts for key, counts in flow.items() if counts.recordings} == {
        ("training", "listed"): Counts(4, 3, 3.0),
        ("training", "unscored"): Counts(1, 1, 1.0),
        ("training", "broken"): Counts(1, 1, 0.0),
        ("training", "fitted"): Counts(2, 1, 2.0),
        ("development", "listed"): Counts(1, 1, 1.0),
        ("development", "validated"): Counts(1, 1, 1.0),
        ("test", "listed"): Counts(3, 2, 2 + brief),
        ("test", "without_face"): Counts(1, 1, 1.0),
        ("test", "without_clip"): Counts(1, 1, brief),
        ("test", "tested"): Counts(1, 1, 1.0),
        ("all", "listed"): Counts(8, 5, 6 + brief),
        ("all", "unscored"): Counts(1, 1, 1.0),
        ("all", "broken"): Counts(1, 1, 0.0),
        ("all", "without_face"): Counts(1, 1, 1.0),
        ("all", "without_clip"): Counts(1, 1, brief),
        ("all", "fitted"): Counts(2, 1, 2.0),
        ("all", "validated"): Counts(1, 1, 1.0),
        ("all", "tested"): Counts(1, 1, 1.0),
    }
    for partition in (*PARTITIONS, ALL):
        left = sum(flow[partition, step].recordings for step in STEPS if step != LISTED)
        assert left == flow[partition, LISTED].recordings


def test_without_validation_the_development_partition_is_fitted(sequences: Path) -> None:
    fitting = [label for label in LABELS if label.partition != "test"]
    flow = count_flow(LABELS, split_labels(fitting, "none", 0.0, 0), sequences, LENGTH, "skip")
    assert [flow["development", step].recordings for step in USES] == [1, 0, 0]


def test_the_table(tmp_path: Path) -> None:
    write_flow(tmp_path / "flow.csv", {("test", "listed"): Counts(3, 2, 2.349), ("test", "tested"): Counts(0, 0, 0.0)})
    assert (tmp_path / "flow.csv").read_text() == (
        "partition,step,recordings,subjects,minutes\ntest,listed,3,2,2.35\ntest,tested,0,0,0.00\n"
    )
