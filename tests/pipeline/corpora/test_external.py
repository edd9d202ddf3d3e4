"""A corpus with an external one to test on: what is fitted, tested and left out."""

from pathlib import Path

import pytest

from pipeline.corpora.entry import Entry
from pipeline.corpora.external import Listing, with_external
from pipeline.corpora.listing import CorpusError, Scoring
from pipeline.records.labels import Label
from pipeline.severity.scale import scale_of

BDI_II = Scoring(scale_of("bdi-ii"))
HEADER = "video_id,path,subject,partition,score"


@pytest.fixture
def external(tmp_path: Path) -> Path:
    """Ann in training, Bob in test, and a video of Cid without a score."""
    for name in ("v1", "v2", "v3"):
        (tmp_path / f"{name}.mp4").write_bytes(name.encode())
    rows = ["v1,v1.mp4,ann,training,12", "v2,v2.mp4,bob,test,30", "v3,v3.mp4,cid,development,"]
    (tmp_path / "videos.csv").write_text("\n".join([HEADER, *rows]) + "\n")
    return tmp_path


def _first(*subjects: str) -> Listing:
    """One recording of each subject: training, development, and the others test."""
    partitions = ["training", "development", *["test"] * len(subjects)]
    labels = [
        Label(f"a{number}", subject, "", "", partition, 7.0)
        for number, (subject, partition) in enumerate(zip(subjects, partitions, strict=False))
    ]
    return Listing({label.recording: _entry(label) for label in labels}, labels, ["a warning"])


def _entry(label: Label) -> Entry:
    return Entry(label.recording, Path(label.recording), label.subject, "", "", label.partition, "7", "here")


def test_all_scored_recordings_of_the_external_corpus_are_tested_and_no_other(external: Path) -> None:
    listing = with_external(
        _first("dan", "eve", "fay"), "videos", external, external, shared_subjects=False, scoring=BDI_II
    )
    assert [(label.recording, label.subject, label.partition) for label in listing.labels] == [
        ("a0", "dan", "training"),
        ("a1", "eve", "development"),
        ("external_v1", "external_ann", "test"),
        ("external_v2", "external_bob", "test"),
    ]
    assert {name: entry.path for name, entry in listing.entries.items()} == {
        "a0": Path("a0"),
        "a1": Path("a1"),
        "external_v1": external / "v1.mp4",
        "external_v2": external / "v2.mp4",
    }
    assert listing.warnings[0] == "a warning"
    assert listing.warnings[-1] == (
        "tested on the external corpus alone: 2 recordings; 1 test recordings of the first corpus are left out; its "
        "subjects count as new people, which nobody has checked"
    )


def test_equal_names_are_other_people_unless_they_are_shared(external: Path) -> None:
    first = _first("ann", "eve")
    apart = with_external(first, "videos", external, external, shared_subjects=False, scoring=BDI_II)
    assert [label.subject for label in apart.labels] == ["ann", "eve", "external_ann", "external_bob"]
    shared = with_external(first, "videos", external, external, shared_subjects=True, scoring=BDI_II)
    assert [label.subject for label in shared.labels] == ["ann", "eve", "ann", "bob"]
    assert shared.warnings[-1].endswith("left out; 1 subjects are in both: ann")


def test_names_that_cannot_be_told_apart_are_refused(external: Path) -> None:
    first = _first("dan", "eve")
    label = Label("external_v1", "dan", "", "", "training", 7.0)
    same_id = Listing({label.recording: _entry(label)}, [label], [])
    with pytest.raises(CorpusError, match="the id external_v1 is in both corpora; rename it"):
        with_external(same_id, "videos", external, external, shared_subjects=False, scoring=BDI_II)
    with pytest.raises(CorpusError, match="the subject external_ann is in both corpora; rename it"):
        with_external(_first("external_ann"), "videos", external, external, shared_subjects=False, scoring=BDI_II)
    with pytest.raises(CorpusError, match=r"corpus.external.root: .*nowhere is not a folder"):
        with_external(first, "videos", external / "nowhere", external, shared_subjects=False, scoring=BDI_II)


def test_an_external_corpus_without_scores_is_refused(external: Path) -> None:
    (external / "videos.csv").write_text(f"{HEADER}\nv1,v1.mp4,ann,training,\n")
    with pytest.raises(CorpusError, match="no video of the external corpus has a score"):
        with_external(_first("dan", "eve"), "videos", external, external, shared_subjects=False, scoring=BDI_II)
