"""Estimates of many videos: equal to those of evaluate, unaffected by broken files, with no files left behind."""

import json
import os
import shutil
import tempfile
from collections.abc import Callable
from fractions import Fraction
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import torch

from pipeline.models.weights import load_network
from pipeline.predicting.batch import estimate_videos
from pipeline.predicting.estimate import Estimate, Failure
from pipeline.score_networks.predict import predict
from pipeline.video.reading import read_frames
from pipeline.video.writing import write_video
from tests.pipeline.predicting.conftest import PipelineRun


@pytest.fixture
def scratch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder in which temporary folders are made."""
    folder = tmp_path / "temporary"
    folder.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(folder))
    return folder


def _estimate(video: Path, model: Path, **options: object) -> Estimate:
    (result,) = estimate_videos([video], model, **options)  # type: ignore[arg-type]
    assert isinstance(result, Estimate)
    return result


def _notes(estimate: Estimate) -> tuple[str, ...]:
    """Return the notes after the first one, which says that the model was fitted to a drawn corpus."""
    first, *others = estimate.notes
    assert first == (
        "A DEMONSTRATION: the model is fitted to drawn faces and knows nothing of people; its number stands for no "
        "severity"
    )
    return tuple(others)


def test_estimates_are_those_of_evaluate(pipeline_run: PipelineRun, scratch: Path) -> None:
    results = estimate_videos(list(pipeline_run.videos.values()), pipeline_run.model)
    assert len(results) == 4
    for (name, video), result in zip(pipeline_run.videos.items(), results, strict=True):
        assert isinstance(result, Estimate)
        assert result.video == video
        assert result.score is not None and f"{result.score:.4f}" == f"{pipeline_run.estimates[1][name]:.4f}"
        expected = pipeline_run.clips[pipeline_run.clips.recording == name]
        assert [round(span.estimate, 4) for span in result.spans] == expected.estimate.tolist()
        assert [span.weight for span in result.spans] == expected.weight.tolist() == [8, 7]
        assert expected.length.tolist() == [8, 8]
        assert _notes(result) == ()
        assert (result.band, result.mark) == (None, "demonstration")
    assert len({result.score for result in results if isinstance(result, Estimate)}) == 4  # not the constant
    assert not list(scratch.iterdir())


def test_estimate_is_bitwise_equal_to_predict(pipeline_run: PipelineRun) -> None:
    name, video = next(iter(pipeline_run.videos.items()))
    network, description = load_network(pipeline_run.model)
    sequence, absent = pipeline_run.sequences / name, pipeline_run.params.clip.absent
    (expected,) = predict(network, description, [sequence], absent, 1, torch.device("cpu"))
    assert _estimate(video, pipeline_run.model).score == expected.score


def test_a_control_is_used_as_it_was_fitted_and_says_so(pipeline_run: PipelineRun, tmp_path: Path) -> None:
    model = tmp_path / "model"
    shutil.copytree(pipeline_run.model, model)
    values = json.loads((model / "description.json").read_text())
    values["footage"]["order"] = "frozen"
    (model / "description.json").write_text(json.dumps(values))
    video = next(iter(pipeline_run.videos.values()))
    plain, control = (_estimate(video, folder) for folder in (pipeline_run.model, model))
    assert plain.score != control.score
    assert _notes(control)[0].startswith("A CONTROL, NO MODEL TO USE: fitted to clips with frozen frames (clip.order)")
    assert not any("CONTROL" in note for note in _notes(plain))


def test_phases_are_averaged_as_in_evaluate(pipeline_run: PipelineRun) -> None:
    name, video = next(iter(pipeline_run.videos.items()))
    estimate = _estimate(video, pipeline_run.model, phases=2)
    assert estimate.score == pytest.approx(pipeline_run.estimates[2][name], abs=5e-5)
    assert pipeline_run.estimates[2][name] != pipeline_run.estimates[1][name]
    assert [span.phase for span in estimate.spans] == [0, 0, 1, 1]


def test_clips_have_the_times_of_their_frames(pipeline_run: PipelineRun) -> None:
    estimate = _estimate(next(iter(pipeline_run.videos.values())), pipeline_run.model)
    # 29 frames at 7.5 per second, of which every second one is used: 15 faces; clips of 8 start at faces 0 and 7.
    assert estimate.seconds == pytest.approx(29 / 7.5, abs=1e-3)
    assert [(span.start, span.end) for span in estimate.spans] == [
        pytest.approx((0, 16 / 7.5), abs=1e-3),
        pytest.approx((14 / 7.5, 29 / 7.5), abs=1e-3),
    ]
    assert (estimate.native_fps, estimate.face_rate, estimate.frames, estimate.coverage) == (7.5, 3.75, 29, 1.0)


def test_an_estimator_of_whole_videos_gives_one_span_over_the_video(
    runs: Callable[[str], PipelineRun], scratch: Path
) -> None:
    run = runs("lpq_svr")
    results = estimate_videos(list(run.videos.values()), run.model)
    both_phases = estimate_videos(list(run.videos.values()), run.model, phases=2)
    for name, result, both in zip(run.videos, results, both_phases, strict=True):
        assert isinstance(result, Estimate) and isinstance(both, Estimate)
        assert f"{both.score:.4f}" == f"{run.estimates[2][name]:.4f}"
        assert [span.phase for span in both.spans] == [0, 1]
        assert result.score is not None and f"{result.score:.4f}" == f"{run.estimates[1][name]:.4f}"
        (span,) = result.spans
        assert (span.start, span.phase, span.weight) == (0.0, 0, 15)
        assert span.estimate == pytest.approx(result.score, rel=1e-12)  # the score is a weighted mean, which rounds
        assert span.end == pytest.approx(result.seconds, abs=1e-3) == pytest.approx(29 / 7.5, abs=1e-3)
        assert not _notes(result)
    assert len({result.score for result in results if isinstance(result, Estimate)}) == 4  # not the constant
    assert run.clips[["phase", "start", "length", "weight"]].to_numpy().tolist() == [[0, 0, 15, 15]] * 4
    assert not list(scratch.iterdir())


def test_a_network_of_single_frames_gives_a_span_for_every_face(
    runs: Callable[[str], PipelineRun], scratch: Path
) -> None:
    run = runs("frame_expectation")
    results = estimate_videos(list(run.videos.values()), run.model)
    for (name, _), result in zip(run.videos.items(), results, strict=True):
        assert isinstance(result, Estimate)
        assert result.score is not None and f"{result.score:.4f}" == f"{run.estimates[1][name]:.4f}"
        expected = run.clips[run.clips.recording == name]
        assert [round(span.estimate, 4) for span in result.spans] == expected.estimate.tolist()
        assert expected.start.tolist() == list(range(15))
        assert set(expected.length) == set(expected.weight) == {span.weight for span in result.spans} == {1}
        # 29 frames at 7.5 per second, of which every second one is used
        begins, ends = [2 * face / 7.5 for face in range(15)], [*(2 * face / 7.5 for face in range(1, 15)), 29 / 7.5]
        assert [span.start for span in result.spans] == pytest.approx(begins, abs=1e-3)
        assert [span.end for span in result.spans] == pytest.approx(ends, abs=1e-3)
        assert not _notes(result)
    assert len({result.score for result in results if isinstance(result, Estimate)}) == 4  # not the constant
    both = estimate_videos([next(iter(run.videos.values()))], run.model, phases=2)[0]
    assert isinstance(both, Estimate) and both.score is not None
    assert f"{both.score:.4f}" == f"{next(iter(run.estimates[2].values())):.4f}"
    assert [span.phase for span in both.spans] == [0] * 15 + [1] * 14
    assert not list(scratch.iterdir())


@pytest.mark.parametrize("name", ["lpq_svr", "frame_expectation"])
def test_every_estimator_has_no_score_for_a_video_without_a_face(
    runs: Callable[[str], PipelineRun], tmp_path: Path, name: str
) -> None:
    write_video(tmp_path / "wall.mp4", [np.full((96, 128, 3), 120, np.uint8)] * 20, 7.5)
    estimate = _estimate(tmp_path / "wall.mp4", runs(name).model, figures=tmp_path, overlays=tmp_path)
    assert (estimate.score, estimate.spans, estimate.missing) == (None, (), "no face was found")
    assert (tmp_path / "wall.figure.png").is_file() and (tmp_path / "wall.overlay.mp4").is_file()


@pytest.mark.parametrize("name", ["lpq_svr", "frame_expectation"])
def test_a_single_face_suffices_for_estimators_that_need_no_clip(
    runs: Callable[[str], PipelineRun], tmp_path: Path, name: str
) -> None:
    video = tmp_path / "short.mp4"
    _write_first_frames(next(iter(runs(name).videos.values())), video, 2)  # of which every second one is used
    estimate = _estimate(video, runs(name).model)
    assert estimate.score is not None
    assert [(span.start, span.weight) for span in estimate.spans] == [(0.0, 1)]
    assert not _notes(estimate)  # it is not looped


def test_a_broken_file_does_not_stop_the_others(pipeline_run: PipelineRun, tmp_path: Path, scratch: Path) -> None:
    shutil.copy(next(iter(pipeline_run.videos.values())), tmp_path / "good.mp4")
    (tmp_path / "empty.mp4").touch()
    (tmp_path / "odd.mp4").write_text("no video")
    (tmp_path / "nothing").mkdir()
    (tmp_path / "nothing" / "notes.txt").touch()
    paths = [tmp_path / name for name in ("empty.mp4", "odd.mp4", "gone.mp4", "good.mp4", "nothing")]
    results = estimate_videos(paths, pipeline_run.model)
    assert isinstance(results[3], Estimate) and results[3].score is not None
    failed = [item for item in results if isinstance(item, Failure)]
    assert [item.video.name for item in failed] == ["empty.mp4", "odd.mp4", "gone.mp4", "nothing"]
    assert failed[0].reason == "the file is empty"
    assert failed[1].reason.startswith("not readable as a video")
    assert failed[2].reason == "No such file or directory"
    assert failed[3].reason.startswith("no video in this folder; looked for files that end in .264, ")
    assert not list(scratch.iterdir())


def test_a_folder_is_searched_and_progress_is_logged(
    pipeline_run: PipelineRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for number, video in enumerate(list(pipeline_run.videos.values())[:2]):
        (tmp_path / "videos" / f"{number}").mkdir(parents=True)
        shutil.copy(video, tmp_path / "videos" / f"{number}" / "talk.MP4")
    messages: list[str] = []
    monkeypatch.setattr("pipeline.parallel.progress.logger.info", messages.append)
    results = estimate_videos(
        [tmp_path / "videos"], pipeline_run.model, figures=tmp_path / "figures", overlays=tmp_path / "over"
    )
    assert [item.video.parent.name for item in results] == ["0", "1"]
    assert messages[-1].startswith("estimating: 2/2 videos, ")
    assert sorted(path.name for path in (tmp_path / "figures").iterdir()) == [
        "talk.MP4-2.figure.png",
        "talk.MP4.figure.png",
    ]
    assert sorted(path.name for path in (tmp_path / "over").iterdir()) == [
        "talk.MP4-2.overlay.mp4",
        "talk.MP4.overlay.mp4",
    ]


def test_a_video_without_a_face_has_no_score(pipeline_run: PipelineRun, tmp_path: Path) -> None:
    write_video(tmp_path / "wall.mp4", [np.full((96, 128, 3), 120, np.uint8)] * 20, 7.5)
    estimate = _estimate(tmp_path / "wall.mp4", pipeline_run.model, figures=tmp_path, overlays=tmp_path)
    assert (estimate.score, estimate.band, estimate.spans, estimate.coverage) == (None, None, (), 0.0)
    assert estimate.missing == "no face was found"
    assert (tmp_path / "wall.figure.png").is_file() and (tmp_path / "wall.overlay.mp4").is_file()


def test_a_video_too_short_for_a_clip_is_looped_as_in_evaluation(pipeline_run: PipelineRun, tmp_path: Path) -> None:
    short = tmp_path / "short.mp4"
    _write_first_frames(next(iter(pipeline_run.videos.values())), short, 9)
    estimate = _estimate(short, pipeline_run.model)
    assert [(span.weight, span.start) for span in estimate.spans] == [(5, 0.0)]
    assert estimate.spans[0].end == pytest.approx(9 / 7.5, abs=1e-3)
    assert _notes(estimate) == ("shorter than a clip of 8 faces: it was looped",)


def test_a_video_of_another_frame_rate_is_decoded_at_the_rate_of_the_model(
    pipeline_run: PipelineRun, tmp_path: Path
) -> None:
    fast = tmp_path / "fast.mp4"
    # 30 frames per second, the same movement
    _write_first_frames(next(iter(pipeline_run.videos.values())), fast, 29, times=4)
    estimate = _estimate(fast, pipeline_run.model)
    assert (estimate.native_fps, estimate.face_rate, estimate.frames) == (30.0, 3.75, 29)
    assert _notes(estimate) == (
        "taken at 7.5 frames/s instead of its 30: the model learned from 3.75 faces/s, and would have seen 15",
    )
    native = _estimate(fast, pipeline_run.model, fps="native")
    assert (native.face_rate, native.frames, len(native.spans)) == (15.0, 116, 8)
    assert _notes(native)[0].startswith("the model sees 15 faces/s and learned from 3.75: movement looks slower")


def test_a_video_whose_frame_rate_varies_is_decoded_at_the_rate_of_the_model(
    pipeline_run: PipelineRun, tmp_path: Path
) -> None:
    frames = [number for number in range(29) if number % 6 < 4]  # the last is 27
    uneven = tmp_path / "uneven.mkv"
    _write_at_times(next(iter(pipeline_run.videos.values())), uneven, frames, [number / 7.5 for number in frames])
    estimate = _estimate(uneven, pipeline_run.model)
    assert (estimate.face_rate, estimate.frames) == (3.75, 28)
    (note,) = _notes(estimate)
    assert note.startswith("taken at a constant 7.5 frames/s, because its own rate varies around 7.519")
    native = _estimate(uneven, pipeline_run.model, fps="native")
    assert native.frames == len(frames)
    assert _notes(native)[0].startswith("the frame rate varies: for ")


def test_clips_do_not_run_over_a_pause(pipeline_run: PipelineRun, tmp_path: Path) -> None:
    """Two stretches of 29 frames at 7.5 per second with ten minutes between; the model sees every second frame.

    These are the faces 0 to 14 (frames 0 to 28) and 15 to 28 (frames 1 to 27 of the second stretch).
    """
    paused, later = tmp_path / "paused.mkv", 600 + 28 / 7.5  # seconds: the second stretch begins
    times = [number / 7.5 for number in range(29)]
    _write_at_times(
        next(iter(pipeline_run.videos.values())), paused, [*range(29)] * 2, [*times, *(later + t for t in times)]
    )
    estimate = _estimate(paused, pipeline_run.model, figures=tmp_path, overlays=tmp_path)
    assert estimate.seconds == pytest.approx(later + 29 / 7.5, abs=3e-3)
    assert [span.weight for span in estimate.spans] == [8, 7, 8, 6]
    expected = [
        (0, 16 / 7.5),
        (14 / 7.5, 29 / 7.5),  # and not to the end of the pause
        (later + 1 / 7.5, later + 17 / 7.5),
        (later + 13 / 7.5, later + 29 / 7.5),
    ]
    for span, (start, end) in zip(estimate.spans, expected, strict=True):
        assert (span.start, span.end) == pytest.approx((start, end), abs=3e-3)
    assert _notes(estimate) == ("pauses: 1, the longest of 600.0 s; clips do not run over them",)
    assert (estimate.frames, len(estimate.faces)) == (58, 58)
    assert [number for number, share in enumerate(estimate.faces) if share] == [0, 57]
    with av.open(tmp_path / "paused.overlay.mp4") as overlay:
        assert overlay.streams.video[0].frames < 70  # no still picture of ten minutes


def test_a_figure_or_overlay_that_cannot_be_written_loses_no_estimate(
    pipeline_run: PipelineRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (name, video), (other_name, other) = list(pipeline_run.videos.items())[:2]
    (tmp_path / "over" / f"{video.stem}.overlay.mp4").mkdir(parents=True)

    def fail_once(path: Path, estimate: Estimate) -> None:
        if estimate.video == video:
            raise RuntimeError("no such font")

    monkeypatch.setattr("pipeline.predicting.batch.write_figure", fail_once)
    first, second = estimate_videos(
        [video, other], pipeline_run.model, figures=tmp_path / "figures", overlays=tmp_path / "over"
    )
    assert isinstance(first, Estimate) and isinstance(second, Estimate)
    assert f"{first.score:.4f}" == f"{pipeline_run.estimates[1][name]:.4f}"
    assert f"{second.score:.4f}" == f"{pipeline_run.estimates[1][other_name]:.4f}"
    overlay, figure = first.unwritten
    assert overlay.startswith(str(tmp_path / "over" / f"{video.stem}.overlay.mp4: "))
    assert "Is a directory" in overlay
    assert figure.startswith(str(tmp_path / "figures" / f"{video.stem}.figure.png: RuntimeError: no such font"))
    assert second.unwritten == ()


def test_odd_names_of_files_have_estimates_figures_and_overlays(pipeline_run: PipelineRun, tmp_path: Path) -> None:
    folder = tmp_path / "My Videos (2023)"
    folder.mkdir()
    stems = ["Ba$$in", r"$\frac{1}{$", "My story [dQw4w9WgXcQ]", "a:smile:b", "<b>", "new\nline", "L" * 251]
    paths = [folder / f"{stem}.mp4" for stem in stems]
    for path in [*paths, Path(os.fsdecode(os.fsencode(folder) + b"/latin\xe9.mp4"))]:
        shutil.copy(next(iter(pipeline_run.videos.values())), path)
    results = estimate_videos([folder], pipeline_run.model, figures=tmp_path / "f", overlays=tmp_path / "o")
    assert len(results) == len(stems) + 1
    assert len({result.score for result in results if isinstance(result, Estimate) and not result.unwritten}) == 1
    assert not [result for result in results if isinstance(result, Failure) or result.unwritten]
    assert len(list((tmp_path / "f").iterdir())) == len(list((tmp_path / "o").iterdir())) == len(results)


def test_the_reason_for_a_failure_names_options_of_predict(pipeline_run: PipelineRun, tmp_path: Path) -> None:
    """Not the parameters of the stages, which only people with a repository can set."""
    frame = np.full((96, 128, 3), 120, np.uint8)
    write_video(tmp_path / "slow.mp4", [frame] * 4, 0.01)  # 300 s with 4 frames
    (result,) = estimate_videos([tmp_path / "slow.mp4"], pipeline_run.model)
    assert isinstance(result, Failure)
    assert result.reason == (
        "its times span 300 s with 4 frames, too few for 7.5 per second; --fps native keeps its own frames"
    )


def _write_first_frames(video: Path, output: Path, frames: int, times: int = 1) -> None:
    """Write the first frames of a video, each `times` times at `times` the frame rate."""
    repeated = [frame for frame in read_frames(video, range(frames)) for _ in range(times)]
    write_video(output, repeated, 7.5 * times)


def _write_at_times(video: Path, output: Path, frames: list[int], seconds: list[float]) -> None:
    """Write frames of a video at the given times, to the millisecond."""
    pictures = list(read_frames(video, range(max(frames) + 1)))
    with av.open(output, "w") as container:
        stream: Any = container.add_stream("libx264", rate=1000)
        stream.height, stream.width = pictures[0].shape[:2]
        stream.pix_fmt, stream.options = "yuv420p", {"bf": "0", "crf": "18"}
        for number, time in zip(frames, seconds, strict=True):
            frame = av.VideoFrame.from_ndarray(pictures[number], format="rgb24")
            frame.pts, frame.time_base = round(1000 * time), Fraction(1, 1000)
            container.mux(stream.encode(frame))
        container.mux(stream.encode())


def test_real_videos(pipeline_run: PipelineRun, real_data: Path) -> None:
    names = ("grid_lrwp9a.mpg", "pyfeat_no_face.mp4", "pyfeat_face_noface.mov")
    with_face, without_face, face_leaves = estimate_videos(
        [real_data / "videos" / name for name in names], pipeline_run.model
    )
    assert isinstance(with_face, Estimate) and isinstance(without_face, Estimate) and isinstance(face_leaves, Estimate)
    assert (with_face.coverage, without_face.coverage) == (1.0, 0.0)
    assert with_face.score is not None and with_face.face_rate == 3.75 and "instead of its 25" in _notes(with_face)[0]
    assert (without_face.score, without_face.missing) == (None, "no face was found")
    assert (
        face_leaves.faces[0] == 1.0
        and face_leaves.faces[-1] == 0.0
        and face_leaves.spans[-1].end < face_leaves.seconds - 2
    )
