"""Tables of labels: what is written is what is read, and groups stand where they are asked for."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.records.labels import Label, read_labels, write_labels

PLAIN = [Label("a", "ann", "1", "", "test", 12.5), Label("b", "bob", "", "Freeform", "training", None)]
TOLD = [replace(PLAIN[0], sex="f", age=41.0), PLAIN[1]]


def test_labels_come_back(tmp_path: Path) -> None:
    write_labels(tmp_path / "labels.csv", TOLD[::-1], groups=True)
    assert (tmp_path / "labels.csv").read_text() == (
        "recording,subject,session,task,partition,bdi,sex,age\na,ann,1,,test,12.5,f,41\nb,bob,,Freeform,training,,,\n"
    )
    assert read_labels(tmp_path / "labels.csv") == TOLD


def test_without_groups_a_table_says_nothing_of_them(tmp_path: Path) -> None:
    """So that labels for fitting are the same bytes whoever is seen."""
    write_labels(tmp_path / "plain.csv", PLAIN)
    write_labels(tmp_path / "told.csv", TOLD)
    write_labels(tmp_path / "nothing to tell.csv", PLAIN, groups=True)
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1
    assert read_labels(tmp_path / "told.csv") == PLAIN


@pytest.mark.parametrize(("age", "allowed"), [(-1.0, False), (0.0, True), (130.0, True), (130.5, False)])
def test_ages_are_checked(age: float, allowed: bool) -> None:
    if allowed:
        assert replace(PLAIN[0], age=age).age == age
    else:
        with pytest.raises(ValueError, match=r"a: age .*; allowed: 0 to 130 years"):
            replace(PLAIN[0], age=age)
