"""The stage ingest: partitions, and the content of each table."""

import logging
from pathlib import Path
from typing import Any

import pytest

from pipeline.corpora.listing import CorpusError
from pipeline.params.check import check_params
from pipeline.records.labels import Label, read_labels
from pipeline.records.origin import Origin
from pipeline.records.origin_file import read_origin, write_origin
from stages.ingest import main

HEADER = "video_id,path,subject,partition,bdi,sex,age"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """Six subjects with two videos each, the second in the official test partition."""
    for subject in range(6):
        for visit in range(2):
            (tmp_path / f"s{subject}_{visit}.mp4").write_bytes(b"film %d of %d" % (visit, subject))
    rows = [
        f"s{subject}_{visit},s{subject}_{visit}.mp4,s{subject},{partition},"
        f"{7 * subject},{'fm'[subject % 2]},{20 + subject}"
        for subject in range(6)
        for visit, partition in enumerate(("training", "test"))
    ]
    (tmp_path / "videos.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    return tmp_path


def _ingest(smallest: dict[str, Any], corpus: Path, **changes: Any) -> tuple[list[Label], list[Label]]:
    section = smallest["corpus"] | {"layout": "videos", "root": str(corpus), "labels_root": str(corpus)} | changes
    params = check_params({**smallest, "corpus": section})
    tables = [corpus / f"{name}.csv" for name in ("recordings", "partitions", "characteristics")]
    labels = [corpus / f"{name}.csv" for name in ("fitting", "testing")]
    paths = [*tables, corpus / "passed on.json", *labels]
    main(params, *paths)
    return read_labels(labels[0]), read_labels(labels[1])


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


def test_the_origin_of_the_corpus_is_passed_on(smallest: dict[str, Any], corpus: Path) -> None:
    _ingest(smallest, corpus)
    assert read_origin(corpus / "passed on.json") is None
    made = Origin("planted", 1.0, "dynamics", "0" * 64)
    write_origin(corpus / "origin.json", made)
    _ingest(smallest, corpus)
    assert read_origin(corpus / "passed on.json") == made


@pytest.mark.parametrize("unit", ["subjects", "sessions"])
def test_permuted_scores_say_so_and_move_no_partition(
    smallest: dict[str, Any], corpus: Path, caplog: pytest.LogCaptureFixture, unit: str
) -> None:
    changes = {"partition": "subject_folds", "folds": 3, "fold": 1}
    true, listed = _ingest(smallest, corpus, **changes), (corpus / "recordings.csv").read_bytes()
    permuted = _ingest(smallest, corpus, **changes, labels=f"permuted_{unit}", permutation=2)
    assert (corpus / "recordings.csv").read_bytes() == listed  # so no video is decoded again
    for before, after in zip(true, permuted, strict=True):
        assert [(label.recording, label.subject, label.partition) for label in before] == [
            (label.recording, label.subject, label.partition) for label in after
        ]
        assert {label.permuted for label in before} == {""}
        assert {label.permuted for label in after} == {f"scores permuted among {unit}, draw 2"}
    assert {label.bdi for label in true[1]} != {label.bdi for label in permuted[1]}
    assert f"scores are permuted among {unit}; this is a control, and its metrics are no result" in caplog.text


def test_sex_and_age_are_in_the_labels_for_testing_only(smallest: dict[str, Any], corpus: Path) -> None:
    fitting, testing = _ingest(smallest, corpus)
    assert {(label.sex, label.age) for label in fitting} == {("", None)}
    assert [(label.sex, label.age) for label in testing[:2]] == [("f", 20), ("m", 21)]
    before = (corpus / "fitting.csv").read_bytes()
    table = (corpus / "videos.csv").read_text()
    (corpus / "videos.csv").write_text(table.replace(",f,", ",m,"))
    _ingest(smallest, corpus)
    assert (corpus / "fitting.csv").read_bytes() == before  # so nothing is fitted again


def _write_table(corpus: Path, *rows: str) -> None:
    (corpus / "videos.csv").write_text("\n".join(["video_id,path,subject,partition,bdi", *rows]) + "\n")


@pytest.mark.parametrize(
    ("subject", "partition", "differences"),
    [
        ("ann", "training", ""),
        ("ann", "test", r"; they differ in partition \(training, test\)"),
        ("bob", "development", r"; they differ in partition \(training, development\), subject \(ann, bob\)"),
    ],
)
def test_equal_content_is_refused_by_files_rows_and_partitions(
    smallest: dict[str, Any], corpus: Path, subject: str, partition: str, differences: str
) -> None:
    (corpus / "copy.mp4").write_bytes((corpus / "s0_0.mp4").read_bytes())
    _write_table(corpus, "a,s0_0.mp4,ann,training,12", f"b,copy.mp4,{subject},{partition},12")
    table = corpus / "videos.csv"
    expected = (
        rf"the same video 2 times: a \({table}: row 2, {corpus}/s0_0.mp4, training\), "
        rf"b \({table}: row 3, {corpus}/copy.mp4, {partition}\){differences}; allowed: one id for each video"
    )
    with pytest.raises(CorpusError, match=expected):
        _ingest(smallest, corpus)
    assert not (corpus / "recordings.csv").exists()


def test_equal_content_is_refused_within_a_fold_too(smallest: dict[str, Any], corpus: Path) -> None:
    (corpus / "s5_1.mp4").write_bytes((corpus / "s5_0.mp4").read_bytes())
    with pytest.raises(CorpusError, match=r"the same video 2 times: s5_0 .*, s5_1 .*; allowed: one id for each video"):
        _ingest(smallest, corpus, partition="subject_folds", folds=3, fold=0)


def test_empty_files_are_broken_recordings_and_no_equal_videos(smallest: dict[str, Any], corpus: Path) -> None:
    for name in ("c", "d"):
        (corpus / f"{name}.mp4").touch()
    _write_table(corpus, "c,c.mp4,cy,training,1", "d,d.mp4,di,test,2")
    fitting, testing = _ingest(smallest, corpus)
    assert [label.recording for label in (*fitting, *testing)] == ["c", "d"]


def test_a_corpus_without_a_score_to_fit_is_refused(
    smallest: dict[str, Any], corpus: Path, caplog: pytest.LogCaptureFixture
) -> None:
    _write_table(corpus, "a,s0_0.mp4,ann,training,NA", "b,s0_1.mp4,bob,development,", "c,s1_0.mp4,cy,test,12")
    with pytest.raises(CorpusError, match=rf"{corpus}/videos.csv: nothing can be fitted: of 1 training and 1 dev"):
        _ingest(smallest, corpus)
    _write_table(corpus, "a,s0_0.mp4,ann,training,12", "c,s1_0.mp4,cy,test,")
    with caplog.at_level(logging.WARNING):
        _ingest(smallest, corpus)
    table = corpus / "videos.csv"
    assert f"{table}: no test video has a score, so there will be estimates, but no metrics" in caplog.messages
    assert "no training video" not in caplog.text
    _write_table(corpus, "a,s0_0.mp4,ann,training,", "b,s0_1.mp4,bob,development,7", "c,s1_0.mp4,cy,test,12")
    with caplog.at_level(logging.WARNING):
        _ingest(smallest, corpus)
    warning = "no training video has a score, so fine-tuning will fail if finetune.validation is development"
    assert f"{table}: {warning}" in caplog.messages


def test_an_external_corpus_is_tested_and_the_fitted_labels_stay(
    smallest: dict[str, Any], corpus: Path, tmp_path_factory: pytest.TempPathFactory, caplog: pytest.LogCaptureFixture
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "film.mp4").write_bytes(b"another film")
    (other / "videos.csv").write_text("video_id,path,subject,partition,bdi\ns0_0,film.mp4,s0,training,9\n")
    _ingest(smallest, corpus)
    before = (corpus / "fitting.csv").read_bytes()
    external = {"layout": "videos", "root": str(other), "labels_root": str(other), "shared_subjects": False}
    _, testing = _ingest(smallest, corpus, external=external)
    assert (corpus / "fitting.csv").read_bytes() == before  # so the model is that of the corpus itself
    assert [(label.recording, label.subject, label.bdi) for label in testing] == [("external_s0_0", "external_s0", 9)]
    recordings = (corpus / "recordings.csv").read_text()
    assert str(other / "film.mp4") in recordings and "s0_1.mp4" not in recordings
    assert "6 test recordings of the first corpus are left out" in caplog.text


def test_a_video_that_is_in_both_corpora_is_refused(
    smallest: dict[str, Any], corpus: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    other = tmp_path_factory.mktemp("other")
    (other / "copy.mp4").write_bytes((corpus / "s0_0.mp4").read_bytes())
    (other / "videos.csv").write_text("video_id,path,subject,partition,bdi\nfilm,copy.mp4,s0,training,0\n")
    external = {"layout": "videos", "root": str(other), "labels_root": str(other), "shared_subjects": True}
    with pytest.raises(
        CorpusError, match=r"the same video 2 times: external_film .*copy\.mp4, test\), s0_0 .*, training\)"
    ):
        _ingest(smallest, corpus, external=external)
