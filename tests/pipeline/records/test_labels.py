"""Tables of labels: written and read back; sex and age are written only on request."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.records.labels import Label, read_labels, write_labels

PLAIN = [Label("a", "ann", "1", "", "test", 12.5), Label("b", "bob", "", "Freeform", "training", None)]
WITH_GROUPS = [replace(PLAIN[0], sex="f", age=41.0), PLAIN[1]]


def test_labels_are_read_as_written(tmp_path: Path) -> None:
    write_labels(tmp_path / "labels.csv", WITH_GROUPS[::-1], groups=True)
    assert (tmp_path / "labels.csv").read_text() == (
        "recording,subject,session,task,partition,score,sex,age\na,ann,1,,test,12.5,f,41\nb,bob,,Freeform,training,,,\n"
    )
    assert read_labels(tmp_path / "labels.csv") == WITH_GROUPS


def test_sex_and_age_are_left_out_by_default(tmp_path: Path) -> None:
    """The labels for fitting are the same bytes whatever the sex and age."""
    write_labels(tmp_path / "plain.csv", PLAIN)
    write_labels(tmp_path / "with groups.csv", WITH_GROUPS)
    write_labels(tmp_path / "no groups.csv", PLAIN, groups=True)
    assert len({path.read_bytes() for path in tmp_path.iterdir()}) == 1
    assert read_labels(tmp_path / "with groups.csv") == PLAIN


@pytest.mark.parametrize(("age", "allowed"), [(-1.0, False), (0.0, True), (130.0, True), (130.5, False)])
def test_ages_are_checked(age: float, allowed: bool) -> None:
    if allowed:
        assert replace(PLAIN[0], age=age).age == age
    else:
        with pytest.raises(ValueError, match=r"a: age .*; allowed: 0 to 130 years"):
            replace(PLAIN[0], age=age)


def test_labels_of_an_earlier_version_are_read(tmp_path: Path) -> None:
    (tmp_path / "labels.csv").write_text("recording,subject,session,task,partition,bdi\nx,s,1,t,test,12.5\n")
    assert read_labels(tmp_path / "labels.csv") == [Label("x", "s", "1", "t", "test", 12.5)]
