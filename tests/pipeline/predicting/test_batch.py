"""Videos through a model: the estimates are evaluate's own, bad files cost no other, and nothing is left behind."""

import os
import shutil
import signal
import tempfile
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.estimators.predict import predict
from pipeline.models.weights import load_network
from pipeline.predicting.batch import estimate_videos
from pipeline.predicting.estimate import Estimate, Failure
from pipeline.video import read_frames, write_video
from tests.pipeline.predicting.conftest import Ran


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder for temporary ones."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def _estimate(video: Path, model: Path, **how: object) -> Estimate:
    (found,) = estimate_videos([video], model, **how)  # type: ignore[arg-type]
    assert isinstance(found, Estimate)
    return found


def test_estimates_are_those_of_evaluate(ran: Ran, scratch: Path) -> None:
    found = estimate_videos(list(ran.videos.values()), ran.model)
    assert len(found) == 4
    for (name, video), one in zip(ran.videos.items(), found, strict=True):
        assert isinstance(one, Estimate)
        assert one.video == video
        assert one.score is not None and f"{one.score:.4f}" == f"{ran.estimates[1][name]:.4f}"
        expected = ran.clips[ran.clips.recording == name]
        assert [round(span.estimate, 4) for span in one.spans] == expected.estimate.tolist()
        assert [span.weight for span in one.spans] == expected.weight.tolist() == [8, 7]
        assert not one.notes
    assert len({one.score for one in found if isinstance(one, Estimate)}) == 4  # it is not the constant
    assert not list(scratch.iterdir())


def test_the_estimate_is_the_same_to_the_last_bit(ran: Ran) -> None:
    name, video = next(iter(ran.videos.items()))
    network, description = load_network(ran.model)
    sequence = ran.model.parent / "sequences" / name
    (expected,) = predict(network, description, [sequence], ran.params.clip, 1, torch.device("cpu"))
    assert _estimate(video, ran.model).score == expected.score


def test_phases_are_averaged_as_evaluate_does(ran: Ran) -> None:
    name, video = next(iter(ran.videos.items()))
    found = _estimate(video, ran.model, phases=2)
    assert found.score == pytest.approx(ran.estimates[2][name], abs=5e-5)
    assert ran.estimates[2][name] != ran.estimates[1][name]
    assert [span.phase for span in found.spans] == [0, 0, 1, 1]


def test_clips_lie_in_the_time_of_the_video(ran: Ran) -> None:
    found = _estimate(next(iter(ran.videos.values())), ran.model)
    # 29 frames at 7.5 a second, of which each second one is seen: 15 faces, clips of 8 from the faces 0 and 7.
    assert found.seconds == pytest.approx(29 / 7.5, abs=1e-3)
    assert [(span.start, span.end) for span in found.spans] == [
        pytest.approx((0, 16 / 7.5), abs=1e-3),
        pytest.approx((14 / 7.5, 29 / 7.5), abs=1e-3),
    ]
    assert (found.native, found.rate, found.frames, found.coverage) == (7.5, 3.75, 29, 1.0)


def test_a_wrong_file_stops_no_other(ran: Ran, tmp_path: Path, scratch: Path) -> None:
    shutil.copy(next(iter(ran.videos.values())), tmp_path / "good.mp4")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "odd.mp4").write_text("no video")
    (tmp_path / "nothing").mkdir()
    (tmp_path / "nothing" / "notes.txt").touch()
    asked = [tmp_path / name for name in ("empty.mp4", "odd.mp4", "gone.mp4", "good.mp4", "nothing")]
    found = estimate_videos(asked, ran.model)
    assert isinstance(found[3], Estimate) and found[3].score is not None
    failed = [item for item in found if isinstance(item, Failure)]
    assert [item.video.name for item in failed] == ["empty.mp4", "odd.mp4", "gone.mp4", "nothing"]
    assert failed[0].reason == "the file is empty"
    assert failed[1].reason.startswith("not readable as a video")
    assert failed[2].reason == "No such file or directory"
    assert failed[3].reason.startswith("no video in this folder; looked for files that end in .264, ")
    assert not list(scratch.iterdir())


def test_a_folder_is_gone_through_with_progress(ran: Ran, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number, video in enumerate(list(ran.videos.values())[:2]):
        (tmp_path / "videos" / f"{number}").mkdir(parents=True)
        shutil.copy(video, tmp_path / "videos" / f"{number}" / "talk.MP4")
    said: list[str] = []
    monkeypatch.setattr("pipeline.parallel.progress.logger.info", said.append)
    found = estimate_videos([tmp_path / "videos"], ran.model, figures=tmp_path / "figures", overlays=tmp_path / "over")
    assert [item.video.parent.name for item in found] == ["0", "1"]
    assert said[-1].startswith("estimating: 2/2 videos, ")
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == [
        "talk.MP4-2.figure.png",
        "talk.MP4.figure.png",
    ]
    assert sorted(path.name for path in (tmp_path / "over").iterdir()) == [
        "talk.MP4-2.overlay.mp4",
        "talk.MP4.overlay.mp4",
    ]


def test_a_video_without_a_face_gets_no_score(ran: Ran, tmp_path: Path) -> None:
    write_video(tmp_path / "wall.mp4", [np.full((96, 128, 3), 120, np.uint8)] * 20, 7.5)
    found = _estimate(tmp_path / "wall.mp4", ran.model, figures=tmp_path, overlays=tmp_path)
    assert (found.score, found.band, found.spans, found.coverage) == (None, None, (), 0.0)
    assert found.missing == "no face was found"
    assert (tmp_path / "wall.figure.png").is_file() and (tmp_path / "wall.overlay.mp4").is_file()


def test_a_video_too_short_for_a_clip_is_looped_as_in_evaluation(ran: Ran, tmp_path: Path) -> None:
    short = tmp_path / "short.mp4"
    _first_frames(next(iter(ran.videos.values())), short, 9)
    found = _estimate(short, ran.model)
    assert [(span.weight, span.start) for span in found.spans] == [(5, 0.0)]
    assert found.spans[0].end == pytest.approx(9 / 7.5, abs=1e-3)
    assert found.notes == ("shorter than a clip of 8 faces: it was looped",)


def test_a_video_of_another_rate_is_taken_at_the_models(ran: Ran, tmp_path: Path) -> None:
    fast = tmp_path / "fast.mp4"
    _first_frames(next(iter(ran.videos.values())), fast, 29, times=4)  # 30 a second, the same movement
    found = _estimate(fast, ran.model)
    assert (found.native, found.rate, found.frames) == (30.0, 3.75, 29)
    assert found.notes == (
        "taken at 7.5 frames/s instead of its 30: the model learned from 3.75 faces/s, and would have seen 15",
    )
    as_it_is = _estimate(fast, ran.model, fps="native")
    assert (as_it_is.rate, as_it_is.frames, len(as_it_is.spans)) == (15.0, 116, 8)
    assert as_it_is.notes[0].startswith("the model sees 15 faces/s and learned from 3.75: movement looks slower")


def test_a_request_to_end_leaves_nothing(ran: Ran, scratch: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    before = signal.getsignal(signal.SIGTERM)

    def ended(*_: object) -> None:
        assert list(scratch.iterdir())
        os.kill(os.getpid(), signal.SIGTERM)

    monkeypatch.setattr("pipeline.predicting.batch.attempt", ended)
    with pytest.raises(SystemExit) as error:
        estimate_videos(list(ran.videos.values()), ran.model)
    assert error.value.code == 143
    assert not list(scratch.iterdir())
    assert signal.getsignal(signal.SIGTERM) is before


def test_an_overlay_that_cannot_be_written_is_named(ran: Ran, tmp_path: Path) -> None:
    video = next(iter(ran.videos.values()))
    (tmp_path / "over" / f"{video.stem}.overlay.mp4.partial").mkdir(parents=True)
    (found,) = estimate_videos([video], ran.model, overlays=tmp_path / "over")
    assert isinstance(found, Failure)
    assert "overlay.mp4.partial" in found.reason


def _first_frames(video: Path, output: Path, frames: int, times: int = 1) -> None:
    """Write the first frames of a video, each several times in the time of one."""
    pictures = [picture for picture in read_frames(video, range(frames)) for _ in range(times)]
    write_video(output, pictures, 7.5 * times)


def test_real_videos(ran: Ran, real_data: Path) -> None:
    names = ("grid_lrwp9a.mpg", "pyfeat_no_face.mp4", "pyfeat_face_noface.mov")
    seen, unseen, left = estimate_videos([real_data / "videos" / name for name in names], ran.model)
    assert isinstance(seen, Estimate) and isinstance(unseen, Estimate) and isinstance(left, Estimate)
    assert (seen.coverage, unseen.coverage) == (1.0, 0.0)
    assert seen.score is not None and seen.rate == 3.75 and "instead of its 25" in seen.notes[0]
    assert (unseen.score, unseen.missing) == (None, "no face was found")
    assert left.faces[0] == 1.0 and left.faces[-1] == 0.0 and left.spans[-1].end < left.seconds - 2
