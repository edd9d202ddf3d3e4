"""Tests of the estimates of recordings."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pipeline.data.frame_order import FrameOrder
from pipeline.models.description import Description, Target
from pipeline.nets.build import Network, build
from pipeline.nets.heads import Expectation, Recognition, Regression
from pipeline.records.estimates import VideoEstimate
from pipeline.score_networks import predict as module
from pipeline.score_networks.predict import predict
from pipeline.zarr_store import read_array
from tests.pipeline.training.material import MODEL, write_sequence

PLAIN = MODEL.model_copy(update={"mean": (0.0, 0.0, 0.0), "scale": 1.0})
CPU = torch.device("cpu")


class _Brightness(nn.Module):
    """A head that outputs the mean of a clip, instead of a network."""

    def forward(self, x: Tensor) -> Tensor:
        return x.mean(dim=(1, 2, 3, 4))[:, None]


def _brightness() -> Network:
    return Network(nn.Identity(), _Brightness()).eval()


def test_clips_cover_a_video_and_are_averaged_by_weight(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "r1", [20, 19])
    faces = read_array(folder, "faces").astype(float)
    description = Description(PLAIN, Regression(), 8, Target(15.0, 2.0))
    (video,) = predict(_brightness(), description, [folder], "skip", 1, CPU)
    means = [faces[start : start + 8].mean() for start in (0, 8, 12)]
    assert video.recording == "r1"
    spans = [(span.phase, span.start, span.length, span.weight) for span in video.spans]
    assert spans == [(0, 0, 8, 8), (0, 8, 8, 8), (0, 12, 8, 4)]
    assert [span.estimate for span in video.spans] == pytest.approx([15 + 2 * mean for mean in means], rel=1e-5)
    assert video.score == pytest.approx(15 + 2 * np.average(means, weights=[8, 8, 4]), rel=1e-5)


def test_several_phases_are_averaged_and_short_videos_looped(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "r1", [8, 5])
    faces = read_array(folder, "faces").astype(float)
    description = Description(PLAIN, Regression(), 8, Target(0.0, 1.0))
    (video,) = predict(_brightness(), description, [folder], "skip", 2, CPU)
    spans = [(span.phase, span.start, span.length, span.weight) for span in video.spans]
    assert spans == [(0, 0, 8, 8), (1, 0, 5, 5)]  # the clip of phase 1 loops its five frames
    looped = faces[[8, 9, 10, 11, 12, 8, 9, 10]].mean()
    assert video.spans[1].estimate == pytest.approx(looped, rel=1e-5)


def test_an_estimate_does_not_depend_on_the_other_recordings(tmp_path: Path) -> None:
    folders = [write_sequence(tmp_path / f"r{number}", [9 + 7 * number], seed=number) for number in range(4)]
    network = build(MODEL, Regression(), seed=1).eval()
    description = Description(MODEL, Regression(), 8, Target(15.0, 9.0))
    together = predict(network, description, folders, "skip", 1, CPU)
    alone = [predict(network, description, [folder], "skip", 1, CPU)[0] for folder in folders]
    assert together == alone
    assert len({video.score for video in together}) == 4


def test_a_recording_without_a_face_has_no_estimate(tmp_path: Path) -> None:
    folders = [write_sequence(tmp_path / "dark", [16], absent=True), write_sequence(tmp_path / "good", [16])]
    description = Description(PLAIN, Regression(), 8, Target(0.0, 1.0))
    dark, good = predict(_brightness(), description, folders, "skip", 1, CPU, label="predict")
    assert (dark.recording, dark.spans, dark.score) == ("dark", (), None)
    assert good.score is not None


@pytest.mark.parametrize(
    ("absent", "spans", "source_rows"),
    [
        ("keep", [(0, 8), (8, 8), (12, 4)], [*range(20)]),
        ("hold", [(0, 8), (8, 8), (12, 4)], [2, 2, *range(2, 18), 17, 17]),
        ("skip", [(2, 8), (10, 8)], [*range(20)]),  # faces from 2 to 17
    ],
)
def test_absent_frames_are_kept_replaced_or_left_out(
    tmp_path: Path, absent: str, spans: list[tuple[int, int]], source_rows: list[int]
) -> None:
    folder = write_sequence(tmp_path / "r1", [20], absent=[0, 1, 18, 19])
    faces = read_array(folder, "faces").astype(float)[source_rows]
    (video,) = predict(_brightness(), Description(PLAIN, Regression(), 8, Target(0.0, 1.0)), [folder], absent, 1, CPU)
    assert [(span.start, span.weight) for span in video.spans] == spans
    means = [faces[start : start + 8].mean() for start, _ in spans]
    assert [span.estimate for span in video.spans] == pytest.approx(means, rel=1e-5)


@pytest.mark.parametrize("order", ["recorded", "frozen"])
@pytest.mark.parametrize("absent", ["keep", "hold", "skip"])
def test_spans_lie_inside_the_recording(tmp_path: Path, absent: str, order: str) -> None:
    phases = (21, 20, 7, 3, 1)
    folder = write_sequence(tmp_path / "r1", phases, absent=[0, 11, 22, 50])
    description = Description(PLAIN, Regression(), 8, Target(0.0, 1.0))
    (video,) = predict(_brightness(), description, [folder], absent, 5, CPU, order=FrameOrder(order, 0))
    assert {span.phase for span in video.spans} >= {0, 1, 4}
    for span in video.spans:
        frames = phases[span.phase]
        assert span.length == min(8, frames)  # a clip that loops a recording is as long as the recording
        assert 0 <= span.start <= frames - span.length
        assert 1 <= span.weight <= span.length


def test_a_network_of_single_frames_estimates_every_frame(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "r1", [6, 5], absent=[2])
    faces = read_array(folder, "faces").astype(float)
    description = Description(PLAIN, Regression(), 1, Target(15.0, 2.0))
    (video,) = predict(_brightness(), description, [folder], "skip", 1, CPU)
    frames = [0, 1, 3, 4, 5]
    assert [(span.start, span.length, span.weight) for span in video.spans] == [(frame, 1, 1) for frame in frames]
    means = [faces[frame].mean() for frame in frames]
    assert [span.estimate for span in video.spans] == pytest.approx([15 + 2 * mean for mean in means], rel=1e-5)
    assert video.score == pytest.approx(15 + 2 * np.mean(means), rel=1e-5)


class _DarkOrBright(nn.Module):
    """A head with a logit for each of the scores 0 to 3: all of the weight is on 1 for dark clips, else on 3."""

    def forward(self, x: Tensor) -> Tensor:
        dark = x.mean(dim=(1, 2, 3, 4)) < 1
        return 100 * torch.where(dark[:, None], torch.tensor([0.0, 1, 0, 0]), torch.tensor([0.0, 0, 0, 1]))


def test_outputs_become_points_by_the_objective_of_the_head(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "r1", [12], absent=[8, 9, 10, 11])  # black frames
    network = Network(nn.Identity(), _DarkOrBright()).eval()
    (video,) = predict(network, Description(PLAIN, Expectation(4), 4), [folder], "keep", 1, CPU)
    assert [span.estimate for span in video.spans] == pytest.approx([3.0, 3.0, 1.0])
    assert video.score == pytest.approx(7 / 3)


def test_a_network_that_cannot_estimate_is_refused(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "r1", [8])
    recognition = Description(MODEL, Recognition(3), 8)
    with pytest.raises(ValueError, match="these weights estimate no score"):
        predict(build(MODEL, Recognition(3)).eval(), recognition, [folder], "skip", 1, CPU)
    regression = Description(MODEL, Regression(), 8, Target(0.0, 1.0))
    with pytest.raises(ValueError, match="in evaluation mode, with a known length of clips"):
        predict(build(MODEL, Regression()).train(), regression, [folder], "skip", 1, CPU)
    unknown_length = Description(MODEL, Regression(), None, Target(0.0, 1.0))
    with pytest.raises(ValueError, match="in evaluation mode, with a known length of clips"):
        predict(build(MODEL, Regression()).eval(), unknown_length, [folder], "skip", 1, CPU)


class _Memory:
    """Estimates kept in a dictionary."""

    def __init__(self) -> None:
        self.estimates: dict[tuple[str, str], VideoEstimate] = {}

    def find(self, recording: Path, method: str) -> VideoEstimate | None:
        return self.estimates.get((recording.name, method))

    def keep(self, recording: Path, method: str, estimate: VideoEstimate) -> None:
        self.estimates[recording.name, method] = estimate


class _StoppedError(Exception):
    pass


def _stop_after(network: Network, batches: int) -> Network:
    """Return a network that stops after some batches."""

    class Stopping(nn.Module):
        def forward(self, x: Tensor) -> Tensor:
            nonlocal batches
            if not batches:
                raise _StoppedError
            batches -= 1
            return network.backbone(x)

    return Network(Stopping(), network.head).eval()


def test_a_long_evaluation_that_is_stopped_goes_on_where_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "LONG", 20)
    monkeypatch.setenv("MSN_COMPILE", "0")
    folders = [write_sequence(tmp_path / f"r{number}", [40], seed=number) for number in range(5)]  # five clips each
    network, memory = build(MODEL, Regression(), seed=1).eval(), _Memory()
    description = Description(MODEL, Regression(), 8, Target(15.0, 9.0))
    expected = predict(network, description, folders, "skip", 1, CPU)
    with pytest.raises(_StoppedError):
        predict(_stop_after(network, 2), description, folders, "skip", 1, CPU, kept=memory)
    assert list(memory.estimates) == [(f"r{number}", "plain") for number in range(3)]  # 16 clips were estimated
    resumed = _stop_after(network, 2)  # ten clips remain
    assert predict(resumed, description, folders, "skip", 1, CPU, kept=memory) == expected
    assert [memory.estimates[f"r{number}", "plain"] for number in range(5)] == expected


def test_a_short_evaluation_keeps_nothing(tmp_path: Path) -> None:
    memory = _Memory()
    folder = write_sequence(tmp_path / "r1", [40])
    predict(_brightness(), Description(PLAIN, Regression(), 8, Target(0.0, 1.0)), [folder], "skip", 1, CPU, kept=memory)
    assert memory.estimates == {}


def test_a_long_evaluation_is_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, memory, clips = write_sequence(tmp_path / "r1", [40]), _Memory(), []

    def compile_network(network: Network) -> Network:
        network.backbone.register_forward_hook(lambda _, inputs, __: clips.append(len(inputs[0])))
        return network

    monkeypatch.setattr(module, "LONG", 5)
    monkeypatch.setattr(module, "compile_obstacle", lambda device: None)
    monkeypatch.setattr(module, "compile_for_inference", compile_network)
    description = Description(PLAIN, Regression(), 8, Target(0.0, 1.0))
    predict(_brightness(), description, [folder], "skip", 1, CPU, kept=memory)
    assert (clips, list(memory.estimates)) == ([8], [("r1", "compiled")])  # one batch of five clips, padded to eight


def test_without_a_compiler_a_long_evaluation_says_so(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    monkeypatch.setattr(module, "LONG", 1)
    monkeypatch.setenv("PATH", str(tmp_path))
    folder = write_sequence(tmp_path / "r1", [9])
    predict(_brightness(), Description(PLAIN, Regression(), 8, Target(0.0, 1.0)), [folder], "skip", 1, CPU)
    assert "there is no compiler (g++, clang++): the network is not compiled" in caplog.text
