"""The stage ingest: partitions, and the content of each table."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.params_check import check_params
from pipeline.records.labels import Label, read_labels
from stages.ingest import main

HEADER = "video_id,path,subject,partition,bdi,sex,age"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Six subjects with two videos each, the second in the official test partition."""
    (tmp_path / "film.mp4").write_bytes(b"not looked into here")
    rows = [
        f"s{subject}_{visit},film.mp4,s{subject},{partition},{7 * subject},{'fm'[subject % 2]},{20 + subject}"
        for subject in range(6)
        for visit, partition in enumerate(("training", "test"))
    ]
    (tmp_path / "videos.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    return tmp_path


def _ingest(smallest: dict[str, Any], corpus: Path, **changes: Any) -> tuple[list[Label], list[Label]]:
    params = check_params({**smallest, "corpus": {**smallest["corpus"], "layout": "videos", **changes}})
    fitting, testing = corpus / "fitting.csv", corpus / "testing.csv"
    main(params, corpus, corpus, corpus / "recordings.csv", fitting, testing)
    return read_labels(fitting), read_labels(testing)


def test_official_partitions_share_subjects(smallest: dict[str, Any], corpus: Path) -> None:
    fitting, testing = _ingest(smallest, corpus)
    assert {label.subject for label in fitting} == {label.subject for label in testing}
    assert {label.partition for label in fitting} == {"training"}


def test_folds_are_subject_disjoint_and_test_every_recording_once(smallest: dict[str, Any], corpus: Path) -> None:
    _ingest(smallest, corpus)
    before = (corpus / "recordings.csv").read_bytes()
    tested = []
    for fold in range(3):
        fitting, testing = _ingest(smallest, corpus, partition="subject_folds", folds=3, fold=fold)
        assert not {label.subject for label in fitting} & {label.subject for label in testing}
        assert {label.partition for label in fitting} == {"training", "development"}
        tested += [label.recording for label in testing]
        assert (corpus / "recordings.csv").read_bytes() == before
    assert sorted(tested) == sorted(f"s{subject}_{visit}" for subject in range(6) for visit in range(2))


def test_sex_and_age_are_in_the_labels_for_testing_only(smallest: dict[str, Any], corpus: Path) -> None:
    fitting, testing = _ingest(smallest, corpus)
    assert {(label.sex, label.age) for label in fitting} == {("", None)}
    assert [(label.sex, label.age) for label in testing[:2]] == [("f", 20), ("m", 21)]
    before = (corpus / "fitting.csv").read_bytes()
    table = (corpus / "videos.csv").read_text()
    (corpus / "videos.csv").write_text(table.replace(",f,", ",m,"))
    _ingest(smallest, corpus)
    assert (corpus / "fitting.csv").read_bytes() == before  # so nothing is fitted again
