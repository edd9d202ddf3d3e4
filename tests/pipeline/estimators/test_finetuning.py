"""Fine-tuning: its samples, loss, rates, target and measurements."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.optim import Adam

from pipeline.data.clips.face_sequence import open_sequence
from pipeline.data.sampling import draw_clip
from pipeline.estimators.finetuning import Finetuning, fit_target
from pipeline.estimators.predict import predict
from pipeline.models.description import Description, Target
from pipeline.models.weights import save_weights
from pipeline.nets.build import build
from pipeline.nets.heads import Recognition
from tests.pipeline.training.material import CLIP, FINETUNE, MODEL, write_sequence

Scored = list[tuple[Path, float]]


@pytest.fixture
def scored(tmp_path: Path) -> Scored:
    """Four recordings with scores 2, 10, 18, 26."""
    return [(write_sequence(tmp_path / f"r{n}", [10 + n, 9], seed=n), 2.0 + 8 * n) for n in range(4)]


def _task(
    scored: Scored, validated: Scored | None = None, pretrained: Path | None = None, **changes: object
) -> Finetuning:
    return Finetuning(scored, validated or [], pretrained, CLIP, MODEL, FINETUNE.model_copy(update=changes))


def test_a_sample_is_the_clip_and_the_standardised_score_of_its_recording(scored: Scored) -> None:
    task = _task(scored)
    sequences = [open_sequence(folder, "skip") for folder, _ in scored]
    assert (task.description.target) == Target(14.0, float(np.std([2, 10, 18, 26])))
    for number in range(20):
        drawn = draw_clip(1, number, [sequence.starts(8) for sequence in sequences], FINETUNE.augment)
        sample = task.samples[number]
        clip = sequences[drawn.recording].clip(drawn.phase, drawn.start, 8)
        np.testing.assert_array_equal(sample["clip"], clip)
        target = (2.0 + 8 * drawn.recording - 14) / np.std([2, 10, 18, 26])
        assert sample["target"] == pytest.approx(target)
        assert (sample["flip"], sample["upside_down"]) == (drawn.flip, drawn.upside_down)
        assert sample["degrees"] == pytest.approx(drawn.degrees)


def test_training_draws_no_clip_that_holds_an_absent_frame(tmp_path: Path) -> None:
    scored = [(write_sequence(tmp_path / "r1", [20, 19], absent=[9, 25]), 10.0)]  # frame 9 of phase 0, 5 of phase 1
    clips = np.stack([_task(scored).samples[number]["clip"] for number in range(60)])
    assert clips.any(axis=(2, 3, 4)).all()
    kept = Finetuning(scored, [], None, CLIP.model_copy(update={"absent": "keep"}), MODEL, FINETUNE)
    clips = np.stack([kept.samples[number]["clip"] for number in range(60)])
    assert not clips.any(axis=(2, 3, 4)).all()


def test_the_target_of_scores() -> None:
    assert fit_target([10.0, 14.0], standardise=True) == Target(12.0, 2.0)
    assert fit_target([10.0, 14.0], standardise=False) == Target(0.0, 1.0)
    assert fit_target([7.0, 7.0], standardise=True) == Target(7.0, 1.0)


def test_the_loss_is_half_the_mean_square(scored: Scored) -> None:
    task = _task(scored).eval()
    clips = torch.from_numpy(np.stack([task.samples[number]["clip"] for number in range(3)]))
    none = torch.zeros(3, dtype=torch.bool)
    batch = {"clip": clips, "flip": none, "upside_down": none, "degrees": torch.zeros(3)}
    batch["target"] = torch.tensor([1.0, -2.0, 0.5])
    outputs = task.network(task.normalise(clips))[:, 0].tolist()
    errors = [output - target for output, target in zip(outputs, (1.0, -2.0, 0.5), strict=True)]
    assert task.loss(batch).item() == pytest.approx(sum(error**2 for error in errors) / (2 * 3), rel=1e-5)


def test_what_is_done_to_clips_reaches_the_network(scored: Scored) -> None:
    task = _task(scored).eval()
    clips = torch.from_numpy(np.stack([task.samples[number]["clip"] for number in range(2)]))
    batch = {
        "clip": clips,
        "flip": torch.tensor([True, False]),
        "upside_down": torch.tensor([False, True]),
        "degrees": torch.zeros(2),
    }
    done = torch.stack([clips[0].flip(2), clips[1].flip(1)])
    assert torch.equal(task(batch), task.network(task.normalise(done))[:, 0])


def test_rates_fall_with_every_step(scored: Scored) -> None:
    task = _task(scored, learning_rate=0.01, decay=0.5)
    assert [task.rate(step) for step in range(4)] == pytest.approx([0.01, 0.01 / 1.5, 0.005, 0.004])


def test_the_optimiser_is_adam(scored: Scored) -> None:
    optimiser = _task(scored).configure_optimizers()
    assert isinstance(optimiser, Adam)
    (group,) = optimiser.param_groups
    assert (group["lr"], group["betas"], group["weight_decay"]) == (0.001, (0.9, 0.999), 0)


def test_validated_videos_are_measured_in_points(scored: Scored) -> None:
    task = _task(scored[:2], scored[2:])
    task.network.eval()
    measured = task.measure()
    videos = predict(task.network, task.description, [f for f, _ in scored[2:]], CLIP, 1, torch.device("cpu"))
    errors = [video.score - score for video, score in zip(videos, (18.0, 26.0), strict=True) if video.score is not None]
    assert measured["validation/rmse"] == pytest.approx(np.sqrt(np.mean(np.square(errors))))
    assert measured["validation/mae"] == pytest.approx(np.mean(np.abs(errors)))


def test_without_validation_nothing_is_measured_and_the_last_weights_are_kept(scored: Scored) -> None:
    task = _task(scored, averaging=0.0)
    assert task.measure() == {}
    assert torch.equal(task.kept["head.last.weight"], task.network.state_dict()["head.last.weight"])
    assert task.outcome == {}


def test_pretrained_weights_load_under_a_fresh_head(tmp_path: Path, scored: Scored) -> None:
    source = build(MODEL, Recognition(6), seed=77).state_dict()
    save_weights(tmp_path, source, Description(MODEL, Recognition(6), 8))
    loaded = _task(scored, pretrained=tmp_path).network.state_dict()
    fresh = _task(scored).network.state_dict()
    for name, tensor in loaded.items():
        assert torch.equal(tensor, source[name] if name.startswith("backbone.") else fresh[name]), name
