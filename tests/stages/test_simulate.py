"""The simulated corpus: both published folder trees, readable as the real corpora, reproducible from the seed."""

import csv
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.artifacts.hashing import folder_digest
from pipeline.corpora.listing import Scoring, list_corpus
from pipeline.identities.image_list import list_identities, read_landmarks, read_list
from pipeline.params.check import check_params
from pipeline.params.whole import Params
from pipeline.records.origin import Origin
from pipeline.records.origin_file import origin_of_corpus
from pipeline.severity.scale import scale_of
from stages.simulate import main
from tests.pipeline.planting.material import write_footage

BDI_II = Scoring(scale_of("bdi-ii"))


def _params(smallest: dict[str, Any], **changes: Any) -> Params:
    return check_params({**smallest, "simulate": {**smallest["simulate"], **changes}})


@pytest.fixture(scope="module")
def tree(tmp_path_factory: pytest.TempPathFactory, smallest: dict[str, Any]) -> Path:
    folder = tmp_path_factory.mktemp("simulated") / "simulated"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MSN_WORKERS", "1")
        main(_params(smallest), folder)
    return folder


def test_the_avec2014_tree_can_be_listed_like_the_real_corpus(tree: Path) -> None:
    entries, labels, _ = list_corpus("avec2014", tree / "avec2014", tree / "avec2014", complete=False, scoring=BDI_II)
    assert len(entries) == len(labels) == 12  # 3 partitions x 2 sessions x 2 tasks
    assert all(label.score is not None and 0 <= label.score <= 45 for label in labels)
    assert {label.task for label in labels} == {"Freeform", "Northwind"}
    by_session = {(label.subject, label.session): label.score for label in labels}
    assert len(by_session) == 6
    assert all(by_session[label.subject, label.session] == label.score for label in labels)
    assert (tree / "avec2014/AVEC2014_Labels_Testset/Testing/DepressionLabels").is_dir()


def test_the_vggface2_tree_can_be_read_like_the_real_corpus(tree: Path) -> None:
    root = tree / "vggface2"
    entries = read_list(root / "train_list.txt")
    assert len(entries) == 12
    assert list_identities(entries) == ["n000002", "n000003"]
    assert all((root / "train" / entry).is_file() for entry in entries)
    landmarks = read_landmarks(root / "train_list.txt")
    assert landmarks is not None
    assert {f"{name}.jpg" for name in landmarks} == set(entries)
    points = np.stack(list(landmarks.values()))
    assert (points[:, 0, 0] < points[:, 1, 0]).all()  # the left eye is on the left
    assert (points[:, :2, 1].mean(1) < points[:, 2, 1]).all()  # eyes above the nose
    with (root / "identity_meta.csv").open(newline="") as stream:
        meta = list(csv.DictReader(stream, skipinitialspace=True))
    assert [row["Class_ID"] for row in meta if row["Flag"] == "1"] == ["n000002", "n000003"]
    assert {row["Sample_Num"] for row in meta} == {"6"}


def test_the_corpus_says_that_it_is_drawn(tree: Path) -> None:
    assert origin_of_corpus(tree / "avec2014") == Origin("drawn", 2.0, "dynamics")


def test_footage_takes_the_place_of_the_drawn_corpus(tmp_path: Path, smallest: dict[str, Any]) -> None:
    """Two keys change, and the tree, its labels and the drawn identities are where they were."""
    write_footage(tmp_path / "footage", {"a": 7.0, "b": 7.0, "c": 7.0})
    folder = tmp_path / "planted"
    main(_params(smallest, source="footage", footage=str(tmp_path / "footage")), folder)
    _, labels, _ = list_corpus("avec2014", folder / "avec2014", folder / "avec2014", complete=False, scoring=BDI_II)
    assert {label.task for label in labels} == {"Freeform", "Northwind"}
    assert {label.partition for label in labels} == {"training", "development", "test"}
    origin = origin_of_corpus(folder / "avec2014")
    assert origin is not None and (origin.kind, origin.cue, len(origin.footage)) == ("planted", 2.0, 64)
    assert len(read_list(folder / "vggface2" / "train_list.txt")) == 12
    assert str(tmp_path) not in (folder / "avec2014/origin.json").read_text()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_the_bytes_do_not_depend_on_the_number_of_workers(
    tree: Path, tmp_path: Path, smallest: dict[str, Any], monkeypatch: pytest.MonkeyPatch, workers: str
) -> None:
    monkeypatch.setenv("MSN_WORKERS", workers)
    main(_params(smallest), tmp_path / "again")
    assert folder_digest(tmp_path / "again") == folder_digest(tree)


def test_another_seed_draws_and_lists_other_images(tree: Path, tmp_path: Path, smallest: dict[str, Any]) -> None:
    main(_params(smallest, seed=99), tmp_path / "other")
    lists = [(folder / "vggface2/train_list.txt").read_text() for folder in (tree, tmp_path / "other")]
    assert lists[0] != lists[1]  # other images have other names in the list


def test_if_disabled_it_writes_empty_trees(tmp_path: Path, smallest: dict[str, Any]) -> None:
    main(_params(smallest, enabled=False), tmp_path / "none")
    assert sorted(path.name for path in (tmp_path / "none").rglob("*")) == [
        *(".sha256sums", "README.txt", "avec2014", "other", "vggface2")
    ]


def test_a_second_corpus_has_other_people_and_another_camera(
    tree: Path, tmp_path: Path, smallest: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSN_WORKERS", "1")
    folder = tmp_path / "both"
    main(_params(smallest, external=True, sessions=4), folder)
    _, labels, _ = list_corpus("avec2014", folder / "other", folder / "other", complete=False, scoring=BDI_II)
    assert len(labels) == 12  # half of the four sessions, in three partitions, with two tasks
    first, second = (next((folder / name).rglob("*_video.mp4")) for name in ("avec2014", "other"))
    (frames, rate, size, light), (other_frames, other_rate, other_size, other_light) = map(_look, (first, second))
    assert (frames, rate, size) == (20, 7.5, (128, 96))
    assert (other_frames, other_rate, other_size) == (27, 10, (160, 120))  # as long: 2.7 seconds
    assert other_light < light
    assert (tree / "other/README.txt").read_text() == "A second corpus is drawn here if simulate.external is true.\n"
    assert [path.name for path in (tree / "other").iterdir()] == ["README.txt"]


def test_a_second_corpus_leaves_the_first_as_it_is(
    tree: Path, tmp_path: Path, smallest: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MSN_WORKERS", "1")
    main(_params(smallest, external=True), tmp_path / "both")
    for name in ("avec2014", "vggface2"):
        assert folder_digest(tmp_path / "both" / name) == folder_digest(tree / name)


def _look(video: Path) -> tuple[int, float, tuple[int, int], float]:
    """The number of frames, the frame rate, the size and the mean brightness of a video."""
    capture = cv2.VideoCapture(str(video))
    frames = []
    while (read := capture.read())[0]:
        frames.append(read[1])
    return len(frames), capture.get(cv2.CAP_PROP_FPS), frames[0].shape[1::-1], float(np.mean(frames))
