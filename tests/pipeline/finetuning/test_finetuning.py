"""Fine-tuning: samples, loss, learning rate, target and validation."""

from pathlib import Path

import numpy as np
import pytest
import torch
from torch.optim import Adam

from pipeline.data.clips.face_sequence import open_sequence
from pipeline.data.frame_order import FrameOrder
from pipeline.data.sampling import draw_clip
from pipeline.finetuning.finetuning import Finetuning
from pipeline.models.description import Description
from pipeline.nets.build import build
from pipeline.nets.heads import Expectation
from pipeline.score_networks.network_task import NetworkTask
from pipeline.score_networks.predict import predict
from tests.pipeline.training.material import CLIP, FINETUNE, MODEL, finetuning, write_sequence

Scored = list[tuple[Path, float]]


@pytest.fixture
def scored(tmp_path: Path) -> Scored:
    """Four recordings with the scores 2, 10, 18 and 26."""
    return [(write_sequence(tmp_path / f"r{n}", [10 + n, 9], seed=n), 2.0 + 8 * n) for n in range(4)]


def _make_module(scored: Scored, validated: Scored | None = None, **changes: object) -> Finetuning:
    return finetuning(scored, validated or [], settings=FINETUNE.model_copy(update=changes))


def test_a_sample_is_the_clip_and_the_standardised_score_of_its_recording(scored: Scored) -> None:
    module = _make_module(scored)
    sequences = [open_sequence(folder, "skip") for folder, _ in scored]
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
    keeping = finetuning(scored, clip=CLIP.model_copy(update={"absent": "keep"}))
    clips = np.stack([keeping.samples[number]["clip"] for number in range(60)])
    assert not clips.any(axis=(2, 3, 4)).all()


@pytest.mark.parametrize(("order", "rows"), [("reversed", list(range(7, -1, -1))), ("frozen", [4] * 8)])
def test_clips_are_fitted_and_validated_in_the_order_of_the_frames(scored: Scored, order: str, rows: list[int]) -> None:
    recorded, module = (
        finetuning(scored[:2], scored[2:], clip=CLIP.model_copy(update={"order": name})) for name in ("recorded", order)
    )
    for number in range(6):
        np.testing.assert_array_equal(module.samples[number]["clip"], recorded.samples[number]["clip"][rows])
    folders, device = [folder for folder, _ in scored[2:]], torch.device("cpu")
    module.network.eval()
    frame_order = FrameOrder(order, FINETUNE.seed)
    estimates = predict(module.network, module.description, folders, "skip", 1, device, order=frame_order)
    errors = [(estimate.score or 0.0) - score for estimate, (_, score) in zip(estimates, scored[2:], strict=True)]
    assert module.validate()["validation/rmse"] == pytest.approx(np.sqrt(np.mean(np.square(errors))))


def test_shuffled_clips_are_shuffled_anew_in_every_sample(scored: Scored) -> None:
    clip = CLIP.model_copy(update={"order": "shuffled"})
    recorded, module = finetuning(scored[:1]), finetuning(scored[:1], clip=clip)
    orders = set()
    for number in range(12):
        frames, shuffled = recorded.samples[number]["clip"], module.samples[number]["clip"]
        order = [int(np.argmax([np.array_equal(frame, other) for other in frames])) for frame in shuffled]
        assert sorted(order) == list(range(8))
        orders.add(tuple(order))
    assert len(orders) == 12


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
    assert torch.equal(module.outputs(module.prepare(batch)), module.network(module.normalise(augmented)))


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
    estimates = predict(module.network, module.description, [f for f, _ in scored[2:]], "skip", 1, torch.device("cpu"))
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


FRAME_MODEL = MODEL.model_copy(update={"name": "resnet50", "width": 0.125})


def _frame_module(scored: Scored, validated: Scored) -> Finetuning:
    """Return the fine-tuning of a network of single frames that estimates a distribution over the scores 0 to 63."""
    network = build(FRAME_MODEL, Expectation(64), seed=3)
    task = NetworkTask(network, Description(FRAME_MODEL, Expectation(64), 1), scored, validated, "skip")
    return Finetuning(task, FINETUNE)


def test_a_network_of_frames_is_fitted_to_the_scores_themselves(tmp_path: Path) -> None:
    folders = [write_sequence(tmp_path / f"r{n}", [5, 4], absent=[2], seed=n) for n in range(2)]
    module = _frame_module([(folders[0], 11.0), (folders[1], 40.0)], [])
    samples = [module.samples[number] for number in range(40)]
    assert {float(sample["target"]) for sample in samples} == {11.0, 40.0}
    assert {sample["clip"].shape for sample in samples} == {(1, 32, 32, 3)}
    assert all(sample["clip"].any() for sample in samples)  # the frame without a face is black


def test_the_loss_of_a_network_of_frames_is_that_of_its_expected_scores(scored: Scored) -> None:
    module = _frame_module(scored, []).eval()
    clips = torch.from_numpy(np.stack([module.samples[number]["clip"] for number in range(3)]))
    unchanged = torch.zeros(3, dtype=torch.bool)
    batch = {"clip": clips, "flip": unchanged, "upside_down": unchanged, "degrees": torch.zeros(3)}
    batch["target"] = torch.tensor([2.0, 26.0, 63.0])
    logits = module.network(module.normalise(clips)).detach().double().numpy()
    scores = np.exp(logits) @ np.arange(64) / np.exp(logits).sum(axis=1)
    expected = np.square(scores - [2.0, 26.0, 63.0]).sum() / (2 * 3)
    assert module.loss(batch, module).item() == pytest.approx(expected, rel=1e-5)


def test_a_network_of_frames_is_validated_in_points(scored: Scored) -> None:
    module = _frame_module(scored[:2], scored[2:])
    module.averaged = None  # the network itself is validated
    module.network.eval()
    with torch.no_grad():
        estimates = []
        for folder, _ in scored[2:]:
            sequence = open_sequence(folder, "skip")
            frames = torch.from_numpy(np.stack([sequence.clip(0, frame, 1) for frame in range(sequence.phases[0][1])]))
            logits = module.network(module.normalise(frames)).double().numpy()
            estimates.append((np.exp(logits) @ np.arange(64) / np.exp(logits).sum(axis=1)).mean())
        metrics = module.validate()
    errors = np.array(estimates) - [18.0, 26.0]
    assert metrics["validation/rmse"] == pytest.approx(np.sqrt(np.mean(errors**2)), rel=1e-4)
    assert metrics["validation/mae"] == pytest.approx(np.mean(np.abs(errors)), rel=1e-4)
