"""Fine-tuning: samples, loss, learning rate, target and validation."""

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
    """Four recordings with the scores 2, 10, 18 and 26."""
    return [(write_sequence(tmp_path / f"r{n}", [10 + n, 9], seed=n), 2.0 + 8 * n) for n in range(4)]


def _make_module(
    scored: Scored, validated: Scored | None = None, pretrained: Path | None = None, **changes: object
) -> Finetuning:
    return Finetuning(scored, validated or [], pretrained, CLIP, MODEL, FINETUNE.model_copy(update=changes))


def test_a_sample_is_the_clip_and_the_standardised_score_of_its_recording(scored: Scored) -> None:
    module = _make_module(scored)
    sequences = [open_sequence(folder, "skip") for folder, _ in scored]
    assert (module.description.target) == Target(14.0, float(np.std([2, 10, 18, 26])))
    for number in range(20):
        draw = draw_clip(1, number, [sequence.starts(8) for sequence in sequences], FINETUNE.augment)
        sample = module.samples[number]
        clip = sequences[draw.recording].clip(draw.phase, draw.start, 8)
        np.testing.assert_array_equal(sample["clip"], clip)
        target = (2.0 + 8 * draw.recording - 14) / np.std([2, 10, 18, 26])
        assert sample["target"] == pytest.approx(target)
        assert (sample["flip"], sample["upside_down"]) == (draw.flip, draw.upside_down)
        assert sample["degrees"] == pytest.approx(draw.degrees)


def test_clips_contain_absent_frames_only_if_they_are_kept(tmp_path: Path) -> None:
    scored = [(write_sequence(tmp_path / "r1", [20, 19], absent=[9, 25]), 10.0)]  # frame 9 of phase 0, 5 of phase 1
    clips = np.stack([_make_module(scored).samples[number]["clip"] for number in range(60)])
    assert clips.any(axis=(2, 3, 4)).all()
    keeping = Finetuning(scored, [], None, CLIP.model_copy(update={"absent": "keep"}), MODEL, FINETUNE)
    clips = np.stack([keeping.samples[number]["clip"] for number in range(60)])
    assert not clips.any(axis=(2, 3, 4)).all()


def test_the_target_is_fitted_to_scores() -> None:
    assert fit_target([10.0, 14.0], standardise=True) == Target(12.0, 2.0)
    assert fit_target([10.0, 14.0], standardise=False) == Target(0.0, 1.0)
    assert fit_target([7.0, 7.0], standardise=True) == Target(7.0, 1.0)


def test_the_loss_is_half_the_mean_square(scored: Scored) -> None:
    module = _make_module(scored).eval()
    clips = torch.from_numpy(np.stack([module.samples[number]["clip"] for number in range(3)]))
    unchanged = torch.zeros(3, dtype=torch.bool)
    batch = {"clip": clips, "flip": unchanged, "upside_down": unchanged, "degrees": torch.zeros(3)}
    batch["target"] = torch.tensor([1.0, -2.0, 0.5])
    outputs = module.network(module.normalise(clips))[:, 0].tolist()
    errors = [output - target for output, target in zip(outputs, (1.0, -2.0, 0.5), strict=True)]
    assert module.loss(batch, module).item() == pytest.approx(sum(error**2 for error in errors) / (2 * 3), rel=1e-5)


def test_clips_are_augmented_before_the_network(scored: Scored) -> None:
    module = _make_module(scored).eval()
    clips = torch.from_numpy(np.stack([module.samples[number]["clip"] for number in range(2)]))
    batch = {
        "clip": clips,
        "flip": torch.tensor([True, False]),
        "upside_down": torch.tensor([False, True]),
        "degrees": torch.zeros(2),
    }
    augmented = torch.stack([clips[0].flip(2), clips[1].flip(1)])
    assert torch.equal(module.outputs(module.prepare(batch)), module.network(module.normalise(augmented))[:, 0])


def test_the_learning_rate_falls_with_every_step(scored: Scored) -> None:
    module = _make_module(scored, learning_rate=0.01, decay=0.5)
    assert [module.learning_rate(step) for step in range(4)] == pytest.approx([0.01, 0.01 / 1.5, 0.005, 0.004])


def test_the_optimiser_is_adam(scored: Scored) -> None:
    optimizer = _make_module(scored).configure_optimizer()
    assert isinstance(optimizer, Adam)
    (group,) = optimizer.param_groups
    assert (group["lr"], group["betas"], group["weight_decay"]) == (0.001, (0.9, 0.999), 0)


def test_validation_metrics_are_in_points(scored: Scored) -> None:
    module = _make_module(scored[:2], scored[2:])
    module.network.eval()
    metrics = module.validate()
    estimates = predict(module.network, module.description, [f for f, _ in scored[2:]], CLIP, 1, torch.device("cpu"))
    errors = [
        estimate.score - score
        for estimate, score in zip(estimates, (18.0, 26.0), strict=True)
        if estimate.score is not None
    ]
    assert metrics["validation/rmse"] == pytest.approx(np.sqrt(np.mean(np.square(errors))))
    assert metrics["validation/mae"] == pytest.approx(np.mean(np.abs(errors)))


def test_without_validation_there_are_no_metrics_and_the_last_weights_are_saved(scored: Scored) -> None:
    module = _make_module(scored, averaging=0.0)
    assert module.validate() == {}
    assert torch.equal(module.final_weights["head.last.weight"], module.network.state_dict()["head.last.weight"])
    assert module.summary == {}


def test_the_backbone_is_loaded_and_the_head_is_new(tmp_path: Path, scored: Scored) -> None:
    pretrained = build(MODEL, Recognition(6), seed=77).state_dict()
    save_weights(tmp_path, pretrained, Description(MODEL, Recognition(6), 8))
    weights = _make_module(scored, pretrained=tmp_path).network.state_dict()
    initial = _make_module(scored).network.state_dict()
    for name, tensor in weights.items():
        assert torch.equal(tensor, pretrained[name] if name.startswith("backbone.") else initial[name]), name
