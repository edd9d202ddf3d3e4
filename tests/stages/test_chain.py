"""The data stages in real runs, one after another on a few videos, from ingest to identities."""

import logging
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest

from pipeline.corpora.file_hashes import file_hashes
from pipeline.faces.face_crop import ORIGINS
from pipeline.models.preprocessing import Preprocessing
from pipeline.params.check import check_params
from pipeline.params.whole import Params
from pipeline.records.labels import read_labels
from pipeline.records.quality import read_quality
from pipeline.records.recordings import read_recordings
from pipeline.runtime.damage import DamagedError
from pipeline.runtime.errors import ItemsFailedError
from pipeline.runtime.file_digest import file_digest
from pipeline.video.writing import write_video
from pipeline.zarr_store import read_array, read_attributes
from stages import align, decode, identities, ingest, simulate, subsample

MakeParams = Callable[..., Params]


@pytest.fixture
def params(smallest: dict[str, Any]) -> MakeParams:
    """A function that returns the smallest parameters with changes, by section."""

    def params(**sections: dict[str, Any]) -> Params:
        return check_params({**smallest, **{name: {**smallest[name], **keys} for name, keys in sections.items()}})

    return params


@pytest.fixture(scope="module")
def simulated(tmp_path_factory: pytest.TempPathFactory, smallest: dict[str, Any]) -> Path:
    """A simulated corpus of twelve videos and twelve identity images."""
    folder = tmp_path_factory.mktemp("corpus") / "simulated"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MSN_WORKERS", "1")
        simulate.main(check_params(smallest), folder)
    return folder


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    """A corpus with videos.csv: a video of a wall, and a file that is not a video."""
    root = tmp_path / "mine"
    root.mkdir()
    write_video(root / "wall.mp4", [np.full((96, 128, 3), 120, np.uint8)] * 9, 5.0)
    (root / "broken.mp4").write_bytes(b"no video")
    rows = "wall,wall.mp4,ann,training,3\nbroken,broken.mp4,bob,test,5\n"
    (root / "videos.csv").write_text(f"video_id,path,subject,partition,score\n{rows}")
    return root


def _ingest(params: MakeParams, root: Path, folder: Path, layout: str = "videos") -> Path:
    tables = ("recordings.csv", "partitions.csv", "characteristics.csv", "origin.json")
    names = (*tables, "labels_fitting.csv", "labels_testing.csv")
    corpus = {"layout": layout, "root": str(root), "labels_root": str(root)}
    ingest.main(params(corpus=corpus), *(folder / name for name in names))
    return folder / "recordings.csv"


def test_the_chain_on_the_simulated_corpus(tmp_path: Path, simulated: Path, params: MakeParams) -> None:
    recordings = _ingest(params, simulated / "avec2014", tmp_path, "avec2014")
    listed = read_recordings(recordings)
    assert len(listed) == 12
    assert all(item.sha256 == file_digest(item.path) and item.bytes == item.path.stat().st_size for item in listed)
    fitting, testing = (read_labels(tmp_path / f"labels_{part}.csv") for part in ("fitting", "testing"))
    assert {label.partition for label in fitting} == {"training", "development"}
    assert {label.partition for label in testing} == {"test"}
    assert (len(fitting), len(testing)) == (8, 4)
    assert "score" not in recordings.read_text() and "subject" not in recordings.read_text()

    decode.main(params(), recordings, tmp_path / "decoded")
    align.main(params(), recordings, tmp_path / "decoded", tmp_path / "aligned")
    subsample.main(params(), tmp_path / "aligned", tmp_path / "sequences")
    for item in listed:
        assert read_quality(tmp_path / "decoded" / item.recording).decoded_frames == 20
        origin = read_array(tmp_path / "aligned" / item.recording, "origin")
        assert origin[0] == ORIGINS["detected"]
        assert np.isin(origin, [ORIGINS["detected"], ORIGINS["refined"]]).mean() >= 0.9
        attributes = read_attributes(tmp_path / "sequences" / item.recording)
        assert attributes["phase_starts"] == [0, 10, 20]
        assert Preprocessing.from_json(attributes["preprocessing"]) == Preprocessing(
            None, params().align, params().subsample
        )
        faces = read_array(tmp_path / "sequences" / item.recording, "faces")
        np.testing.assert_array_equal(faces[10:], read_array(tmp_path / "aligned" / item.recording, "faces")[1::2])


def test_damage_is_found_by_the_next_stage(tmp_path: Path, corpus: Path, params: MakeParams) -> None:
    (corpus / "broken.mp4").unlink()
    write_video(corpus / "broken.mp4", [np.full((96, 128, 3), 90, np.uint8)] * 7, 5.0)
    recordings = _ingest(params, corpus, tmp_path)
    decoded, aligned, sequences = (tmp_path / name for name in ("decoded", "aligned", "sequences"))
    decode.main(params(), recordings, decoded)
    table = decoded / "wall" / "frames.csv"
    content = table.read_bytes()
    table.unlink()  # without its table, a recording would be taken for a broken one
    with pytest.raises(DamagedError, match=f"{table}: missing; `dvc repro` makes it again"):
        align.main(params(), recordings, decoded, aligned)
    table.write_bytes(content)
    align.main(params(), recordings, decoded, aligned)
    shard = aligned / "wall/faces/c/0/0/0/0"
    content = shard.read_bytes()
    shard.unlink()
    with pytest.raises(ItemsFailedError, match=f"{shard}: missing; `dvc repro` makes it again"):
        subsample.main(params(), aligned, sequences)
    shard.write_bytes(content[:-1] + b"0")
    with pytest.raises(ItemsFailedError, match=f"{shard}: damaged: other content than when it was made"):
        subsample.main(params(), aligned, sequences)
    assert not sequences.exists()
    align.main(params(), recordings, decoded, aligned)  # from the artifact store
    subsample.main(params(), aligned, sequences)
    assert shard.read_bytes() == content
    shutil.rmtree(aligned / "wall")
    with pytest.raises(DamagedError, match="aligned/wall: missing"):
        subsample.main(params(), aligned, sequences)


def test_broken_files_stop_decode_or_are_left_out(
    tmp_path: Path, corpus: Path, params: MakeParams, caplog: pytest.LogCaptureFixture
) -> None:
    recordings = _ingest(params, corpus, tmp_path)
    with pytest.raises(ItemsFailedError, match=r"1 of 2 recordings are broken:\n.*broken\.mp4.*(.|\n)*on_error: skip"):
        decode.main(params(), recordings, tmp_path / "decoded")
    assert not (tmp_path / "decoded").exists()
    with caplog.at_level(logging.WARNING):
        decode.main(params(decode={"on_error": "skip"}), recordings, tmp_path / "decoded")
        align.main(params(), recordings, tmp_path / "decoded", tmp_path / "aligned")
    assert "broken.mp4" in caplog.text
    assert "wall: a face in 0 % of the frames" in caplog.text
    assert sorted(path.name for path in (tmp_path / "aligned").iterdir()) == [".sha256sums", "wall"]
    assert read_array(tmp_path / "aligned" / "wall", "origin").tolist() == [0] * 9


def test_relative_roots_are_logged_as_warnings(
    tmp_path: Path, corpus: Path, params: MakeParams, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    with caplog.at_level(logging.WARNING):
        _ingest(params, Path("mine"), tmp_path / "out")
        assert "corpus.root is relative (mine)" in caplog.text
        caplog.clear()
        (tmp_path / "dvc.yaml").write_text("stages:\n  simulate:\n    outs:\n      - mine\n")
        _ingest(params, Path("mine"), tmp_path / "out")
        assert "relative" not in caplog.text  # DVC provides the outputs of stages wherever it runs


def test_file_hashes_are_cached_until_a_file_changes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "film.mp4"
    path.write_bytes(b"one")
    first = file_hashes([path])
    monkeypatch.setattr("pipeline.corpora.file_hashes.file_digest", lambda path: "read again")
    assert file_hashes([path]) == first
    path.write_bytes(b"two")
    os.utime(path, ns=(1, 1))
    assert file_hashes([path]) == {path: "read again"}


def test_identities_with_published_and_with_detected_landmarks(
    tmp_path: Path, simulated: Path, params: MakeParams
) -> None:
    root = tmp_path / "vggface2"
    shutil.copytree(simulated / "vggface2", root)
    images = sorted((root / "train/n000002").iterdir())
    cv2.imwrite(str(images[0]), np.full((100, 100, 3), 90, np.uint8))  # without a face
    paths = {"root": str(root / "train"), "list": str(root / "train_list.txt")}
    identities.main(params(identities=paths), tmp_path / "published")
    identities.main(params(identities=paths | {"landmarks": "detect"}), tmp_path / "detected")
    assert set(read_array(tmp_path / "published/00000", "origin").tolist()) == {4}
    assert read_array(tmp_path / "detected/00000", "origin").tolist() == [0] + [1] * 11
    for name, present in (("published", [1] * 12), ("detected", [0] + [1] * 11)):
        assert read_array(tmp_path / name / "index", "label").tolist() == [0] * 6 + [1] * 6
        assert read_array(tmp_path / name / "index", "present").tolist() == present
        assert (tmp_path / name / "classes.txt").read_text() == "n000002\nn000003\n"


def test_the_error_for_missing_images_names_them(tmp_path: Path, simulated: Path, params: MakeParams) -> None:
    (tmp_path / "list.txt").write_text("n000002/none.jpg\nn000002/nothing.jpg\n")
    paths = {"root": str(simulated / "vggface2/train"), "list": str(tmp_path / "list.txt")}
    with pytest.raises(ValueError, match=r"2 images are not below .*none\.jpg, n000002/nothing\.jpg"):
        identities.main(params(identities=paths), tmp_path / "out")
