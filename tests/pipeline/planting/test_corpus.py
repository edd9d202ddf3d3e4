"""A planted corpus: the speed of a video depends on its score, and nothing else of the video does."""

import logging
from collections import defaultdict
from pathlib import Path

import cv2
import numpy as np
import pytest

from pipeline.artifacts.hashing import folder_digest
from pipeline.baselines.estimates import estimate_baselines
from pipeline.baselines.recording_view import view_recording
from pipeline.corpora.listing import Scoring, list_corpus
from pipeline.inspection.inspect_video import inspect
from pipeline.params.corpus import Simulate
from pipeline.planting import films
from pipeline.planting.corpus import plant_corpus
from pipeline.planting.footage import FootageError
from pipeline.planting.pace import Pace
from pipeline.records.labels import Label
from pipeline.records.quality import write_decoded
from pipeline.records.recordings import Recording
from pipeline.severity.scale import scale_of
from pipeline.video.writing import constant_quality, single_frames
from pipeline.zarr_store import ARCHIVE, GroupWriter
from tests.pipeline.baselines.views import SETTINGS
from tests.pipeline.detection.material import CODES
from tests.pipeline.planting.material import simulate, write_footage

SCALE = scale_of("bdi-ii")
SECONDS = {f"p{number}": 8.0 for number in range(12)}


def _frames(path: Path) -> np.ndarray:
    capture, frames = cv2.VideoCapture(str(path)), []
    while (read := capture.read())[0]:
        frames.append(read[1])
    return np.stack(frames)


@pytest.fixture(scope="module")
def footage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("of people") / "footage"
    write_footage(folder, SECONDS)
    return folder


def _pace(settings: Simulate) -> Pace:
    return Pace(settings.cue, settings.frames, settings.largest_cue)


def _plant(root: Path, footage: Path, options: object, **changes: object) -> list[Label]:
    """Plant with x264's options, and return the labels of the corpus."""
    root.mkdir()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MSN_WORK", str(root.parent / f"work of {root.name}"))
        patch.setenv("MSN_WORKERS", "1")  # in this process, where the options are replaced
        patch.setattr(films, "single_frames", options)
        settings = simulate(**changes)
        plant_corpus(root, footage, _pace(settings), settings, SCALE)
    return list_corpus("avec2014", root, root, complete=False, scoring=Scoring(SCALE))[1]


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory, footage: Path) -> tuple[Path, list[Label]]:
    root = tmp_path_factory.mktemp("planted") / "avec2014"
    return root, _plant(root, footage, single_frames)


def _path(root: Path, name: str) -> Path:
    return next(root.rglob(f"{name}_video.mp4"))


def test_it_reads_as_avec2014_with_people_in_one_partition(planted: tuple[Path, list[Label]]) -> None:
    _, labels = planted
    assert len(labels) == 2 * len({(label.subject, label.session) for label in labels})
    partitions = defaultdict(set)
    for label in labels:
        partitions[label.subject].add(label.partition)
    assert len(partitions) == len(SECONDS)
    assert {len(names) for names in partitions.values()} == {1}
    assert min(sum(label.subject == subject for label in labels) for subject in partitions) >= 8  # four sessions


def test_all_videos_have_one_length_rate_and_size(planted: tuple[Path, list[Label]]) -> None:
    root, labels = planted
    for label in labels:
        table, quality = inspect(_path(root, label.recording), None, 0.0)
        assert table is not None
        assert (len(table), quality.width, quality.height, quality.fps) == (8, 96, 96, 7.5)
        np.testing.assert_allclose(table.time, np.arange(8) / 7.5, atol=1e-4)
        assert table.key.all()  # every frame is compressed by itself


def _found_steps(film: np.ndarray, recording: np.ndarray) -> np.ndarray:
    """Return the steps between the frames of a recording that are most like those of a film."""
    small = np.stack([cv2.resize(frame, (64, 64), interpolation=cv2.INTER_AREA) for frame in film]).astype(np.float32)
    nearest = [int(np.argmin(((recording - frame) ** 2).mean((1, 2, 3)))) for frame in small]
    return np.diff(nearest)


def test_the_frames_are_those_of_the_recording_at_the_step_of_the_score(
    planted: tuple[Path, list[Label]], footage: Path
) -> None:
    """The step is found by comparing pictures, without the code that chose them."""
    root, labels = planted
    recording = _frames(footage / "p0.mp4").astype(np.float32)  # of 201, the first by name
    by_score = sorted((label for label in labels if label.subject == "201"), key=lambda label: label.score or 0.0)
    for label in (by_score[0], by_score[-1]):
        steps = _found_steps(_frames(_path(root, label.recording)), recording)
        expected = 0.12 * np.exp(-(2 * (label.score or 0.0) / 45 - 1)) * 25  # in frames of the recording
        assert (steps >= 1).all()
        assert abs(steps.mean() - expected) < 0.2
        assert np.abs(steps - expected).max() <= 1.01


def test_equal_seeds_give_equal_bytes(planted: tuple[Path, list[Label]], footage: Path, tmp_path: Path) -> None:
    _plant(tmp_path / "again", footage, single_frames)
    assert folder_digest(tmp_path / "again") == folder_digest(planted[0])


def test_smaller_cues_have_the_same_people_scores_and_stretches(footage: Path, tmp_path: Path) -> None:
    """A sweep of the cue compares like with like. Eight seconds hold two stretches for cue 2, and five for cue 0.5."""
    cues = {"large": (2.0, 2.0), "small": (0.5, 2.0), "short": (0.5, 0.5)}
    labels = {
        name: _plant(tmp_path / name, footage, single_frames, frames=16, cue=cue, largest_cue=largest)
        for name, (cue, largest) in cues.items()
    }
    assert labels["small"] == labels["large"]
    assert len(labels["small"]) == 2 * 2 * len(SECONDS) < len(labels["short"])


def test_without_a_cue_the_step_is_the_same_for_all(footage: Path, tmp_path: Path) -> None:
    labels = _plant(tmp_path / "none", footage, single_frames, cue=0.0, subjects=12, sessions=8)
    recording = _frames(footage / "p0.mp4").astype(np.float32)
    own = [label for label in labels if label.subject == "201"]
    assert len({label.score for label in own}) > 1
    for label in own:
        steps = _found_steps(_frames(_path(tmp_path / "none", label.recording)), recording)
        assert set(steps.tolist()) == {3}  # 0.12 s at 25 frames per second


def _baselines(root: Path, labels: list[Label], scratch: Path) -> dict[str, dict[str, float]]:
    """Return the estimates of the baselines, with a face box that is the same in every frame."""
    views = []
    for label in labels:
        path = _path(root, label.recording)
        write = scratch / "decoded" / label.recording
        write.mkdir(parents=True)
        table, quality = inspect(path, None, 0.0)
        write_decoded(write, table, quality)
        with GroupWriter(scratch / "aligned" / label.recording, ARCHIVE) as group:
            group.append("faces", np.zeros((8, 32, 32, 3), np.uint8))
            group.append("boxes", np.tile(np.array([20, 20, 60, 70], np.float32), (8, 1)))
            group.append("origin", np.ones(8, np.uint8))
            group.attributes |= {"origin_codes": CODES}
        recording = Recording(label.recording, path, path.stat().st_size, "0" * 64)
        views.append(view_recording(scratch / "aligned", scratch / "decoded", 3, 2, recording))
    fitted = [label for label in labels if label.partition != "test"]
    return {name: dict(own) for name, own in estimate_baselines(views, fitted, SETTINGS).estimates.items()}


def _errors(labels: list[Label], estimates: dict[str, float]) -> tuple[float, float]:
    """Return the RMSE of the estimates of the test partition, and that of the mean of the fitted scores."""
    mean = np.mean([label.score or 0.0 for label in labels if label.partition != "test"])
    tested = [label for label in labels if label.partition == "test"]
    truth = np.array([label.score or 0.0 for label in tested], np.float64)
    given = np.array([estimates[label.recording] for label in tested], np.float64)
    return float(np.sqrt(np.mean((given - truth) ** 2))), float(np.sqrt(np.mean((mean - truth) ** 2)))


def _size_correlation(root: Path, labels: list[Label]) -> float:
    """Return the correlation of file sizes and scores within people."""
    sizes = {label.recording: np.log(_path(root, label.recording).stat().st_size) for label in labels}
    deviations = []
    for subject in {label.subject for label in labels}:
        own = [label for label in labels if label.subject == subject]
        rows = np.array([[label.score or 0.0, sizes[label.recording]] for label in own])
        deviations.append(rows - rows.mean(0))
    return float(np.corrcoef(np.concatenate(deviations).T)[0, 1])


def test_the_baselines_of_the_video_file_come_to_the_constant(
    planted: tuple[Path, list[Label]], tmp_path: Path
) -> None:
    root, labels = planted
    assert abs(_size_correlation(root, labels)) < 0.2
    estimates = _baselines(root, labels, tmp_path)
    for name in ("metadata", "file_size"):
        error, constant = _errors(labels, estimates[name])
        assert error > 0.97 * constant, name


def test_a_file_with_predicted_frames_betrays_the_score(footage: Path, tmp_path: Path) -> None:
    """The same corpus, encoded as the drawn one is: the two tests above can fail."""
    labels = _plant(tmp_path / "predicted", footage, constant_quality)
    assert _size_correlation(tmp_path / "predicted", labels) < -0.6
    estimates = _baselines(tmp_path / "predicted", labels, tmp_path)
    error, constant = _errors(labels, estimates["file_size"])
    assert error < 0.9 * constant


def test_what_is_too_short_or_too_slow_is_left_out_by_name(
    footage: Path, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    write_footage(tmp_path / "mixed", {"short": 1.0, "a": 3.0, "b": 3.0, "c": 3.0})
    write_footage(tmp_path / "slow", {"slow": 5.0}, rate=10.0)
    table = tmp_path / "mixed/videos.csv"
    table.write_text(table.read_text() + f"slow,{tmp_path}/slow/slow.mp4,slow\n")
    with caplog.at_level(logging.WARNING):
        labels = _plant(tmp_path / "corpus", tmp_path / "mixed", single_frames)
    assert len({label.subject for label in labels}) == 3
    assert "left out: 2 of 5 recordings" in caplog.text
    assert "short: lasts 0.96 s; a session needs 2.61 s" in caplog.text
    assert "slow: its frames are 0.1000 s apart; at most 0.0441 s are allowed" in caplog.text


def test_too_few_people_stop_with_the_reasons(tmp_path: Path) -> None:
    write_footage(tmp_path / "few", {"a": 3.0, "b": 3.0, "c": 1.0})
    with pytest.raises(FootageError, match=r"2 people have enough footage; allowed: at least 3.*\n  c: lasts 0\.96 s"):
        _plant(tmp_path / "corpus", tmp_path / "few", single_frames)


def test_what_is_no_video_stops_with_its_row(tmp_path: Path) -> None:
    write_footage(tmp_path / "bad", {"a": 3.0, "b": 3.0, "c": 3.0})
    (tmp_path / "bad/b.mp4").write_bytes(b"no video")
    with pytest.raises(FootageError, match=r"1 of 3 recordings cannot be read; .*\n.*videos\.csv: row 3: b \("):
        _plant(tmp_path / "corpus", tmp_path / "bad", single_frames)


def test_the_same_video_of_two_people_is_refused(tmp_path: Path) -> None:
    write_footage(tmp_path / "twins", {"a": 3.0, "b": 3.0, "c": 3.0})
    (tmp_path / "twins/b.mp4").write_bytes((tmp_path / "twins/a.mp4").read_bytes())
    with pytest.raises(FootageError, match=r"the same video 2 times: a \(.*row 2\), b \(.*row 3\)"):
        _plant(tmp_path / "corpus", tmp_path / "twins", single_frames)


def test_the_digest_names_the_footage_and_no_path(footage: Path, tmp_path: Path) -> None:
    copy = tmp_path / "elsewhere"
    copy.mkdir()
    for path in footage.iterdir():
        (copy / path.name).write_bytes(path.read_bytes())
    digests = []
    for number, folder in enumerate((footage, copy)):
        root = tmp_path / f"corpus {number}"
        root.mkdir()
        digests.append(plant_corpus(root, folder, _pace(simulate()), simulate(), SCALE))
    assert digests[0] == digests[1]
    (copy / "videos.csv").write_text((copy / "videos.csv").read_text().replace("p3.mp4,p3", "p3.mp4,p4"))
    root = tmp_path / "corpus of fewer people"
    root.mkdir()
    assert plant_corpus(root, copy, _pace(simulate()), simulate(), SCALE) != digests[0]
