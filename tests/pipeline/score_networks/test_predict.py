"""Tests of the estimates of recordings."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from pipeline.estimators.estimates import ClipEstimate, VideoEstimate
from pipeline.estimators.predict import predict
from pipeline.models.description import Description, Target
from pipeline.nets.build import Network, build
from pipeline.nets.heads import Recognition, Regression
from pipeline.zarr_store import read_array
from tests.pipeline.training.material import CLIP, MODEL, write_sequence

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
    (video,) = predict(_brightness(), description, [folder], CLIP, 1, CPU)
    means = [faces[start : start + 8].mean() for start in (0, 8, 12)]
    assert video.recording == "r1"
    assert [(clip.phase, clip.start, clip.weight) for clip in video.clips] == [(0, 0, 8), (0, 8, 8), (0, 12, 4)]
    assert [clip.estimate for clip in video.clips] == pytest.approx([15 + 2 * mean for mean in means], rel=1e-5)
    assert video.score == pytest.approx(15 + 2 * np.average(means, weights=[8, 8, 4]), rel=1e-5)


def test_several_phases_are_averaged_and_short_videos_looped(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "r1", [8, 5])
    faces = read_array(folder, "faces").astype(float)
    description = Description(PLAIN, Regression(), 8, Target(0.0, 1.0))
    (video,) = predict(_brightness(), description, [folder], CLIP, 2, CPU)
    assert [(clip.phase, clip.start, clip.weight) for clip in video.clips] == [(0, 0, 8), (1, 0, 5)]
    looped = faces[[8, 9, 10, 11, 12, 8, 9, 10]].mean()
    assert video.clips[1].estimate == pytest.approx(looped, rel=1e-5)


def test_an_estimate_does_not_depend_on_the_other_recordings(tmp_path: Path) -> None:
    folders = [write_sequence(tmp_path / f"r{number}", [9 + 7 * number], seed=number) for number in range(4)]
    network = build(MODEL, Regression(), seed=1).eval()
    description = Description(MODEL, Regression(), 8, Target(15.0, 9.0))
    together = predict(network, description, folders, CLIP, 1, CPU)
    alone = [predict(network, description, [folder], CLIP, 1, CPU)[0] for folder in folders]
    assert together == alone
    assert len({video.score for video in together}) == 4


def test_a_recording_without_a_face_has_no_estimate(tmp_path: Path) -> None:
    folders = [write_sequence(tmp_path / "dark", [16], absent=True), write_sequence(tmp_path / "good", [16])]
    description = Description(PLAIN, Regression(), 8, Target(0.0, 1.0))
    dark, good = predict(_brightness(), description, folders, CLIP, 1, CPU, label="predict")
    assert (dark.recording, dark.clips, dark.score) == ("dark", (), None)
    assert good.score is not None


@pytest.mark.parametrize(
    ("absent", "clips", "source_rows"),
    [
        ("keep", [(0, 8), (8, 8), (12, 4)], [*range(20)]),
        ("hold", [(0, 8), (8, 8), (12, 4)], [2, 2, *range(2, 18), 17, 17]),
        ("skip", [(2, 8), (10, 8)], [*range(20)]),  # faces from 2 to 17
    ],
)
def test_absent_frames_are_kept_replaced_or_left_out(
    tmp_path: Path, absent: str, clips: list[tuple[int, int]], source_rows: list[int]
) -> None:
    folder = write_sequence(tmp_path / "r1", [20], absent=[0, 1, 18, 19])
    faces = read_array(folder, "faces").astype(float)[source_rows]
    clip = CLIP.model_copy(update={"absent": absent})
    (video,) = predict(_brightness(), Description(PLAIN, Regression(), 8, Target(0.0, 1.0)), [folder], clip, 1, CPU)
    assert [(estimate.start, estimate.weight) for estimate in video.clips] == clips
    means = [faces[start : start + 8].mean() for start, _ in clips]
    assert [estimate.estimate for estimate in video.clips] == pytest.approx(means, rel=1e-5)


def test_a_score_is_a_weighted_mean() -> None:
    clips = (ClipEstimate(0, 0, 8, 10.0), ClipEstimate(0, 8, 8, 20.0), ClipEstimate(0, 10, 2, 33.0))
    assert VideoEstimate("r", clips).score == pytest.approx((80 + 160 + 66) / 18)


def test_a_network_that_cannot_estimate_is_refused(tmp_path: Path) -> None:
    folder = write_sequence(tmp_path / "r1", [8])
    recognition = Description(MODEL, Recognition(3), 8)
    with pytest.raises(ValueError, match="regression head, in evaluation mode"):
        predict(build(MODEL, Recognition(3)).eval(), recognition, [folder], CLIP, 1, CPU)
    regression = Description(MODEL, Regression(), 8, Target(0.0, 1.0))
    with pytest.raises(ValueError, match="regression head, in evaluation mode"):
        predict(build(MODEL, Regression()).train(), regression, [folder], CLIP, 1, CPU)
