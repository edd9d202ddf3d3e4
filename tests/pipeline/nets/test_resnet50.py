"""ResNet-50 against torchvision's own network, the parameter count of its table, and its initial weights."""

import copy

import pytest
import torch
from torch import Tensor, nn
from torchvision.models import resnet50
from torchvision.models.resnet import Bottleneck

from pipeline.nets.build import Network, build
from pipeline.nets.heads import Recognition, Regression
from pipeline.nets.resnet50 import ResNet50
from pipeline.training import running_statistics
from tests.pipeline.nets.slow import randomise_weights
from tests.pipeline.training.material import MODEL

TORCHVISION_PARAMETERS, FC_PARAMETERS = 25_557_032, 2_049_000
NORMS = 53  # conv1, three in each of 16 blocks, and the shortcuts of 4 stages


def _network(width: float = 0.0625) -> Network:
    return build(MODEL.model_copy(update={"name": "resnet50", "width": width}), Regression(), seed=0)


def test_features_equal_those_of_torchvision_with_the_same_weights() -> None:
    torch.manual_seed(0)
    reference = resnet50()
    randomise_weights(reference)
    reference.fc = nn.Identity()  # its input is the output of the average pool
    network = ResNet50(1.0, 0.1).double().eval()
    network.load_state_dict(reference.state_dict())  # the names are equal
    frames = torch.randn(2, 3, 112, 96, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    with torch.no_grad():
        features, expected = network(frames.unsqueeze(2)), reference(frames)
    assert features.shape == (2, 2048) and expected.std() > 1e-2
    torch.testing.assert_close(features, expected, rtol=1e-5, atol=0)


def test_batch_norm_updates_as_in_torchvision() -> None:
    reference = resnet50().double().train()
    randomise_weights(reference)
    reference.fc = nn.Identity()
    network = ResNet50(1.0, 0.1).double()
    network.load_state_dict(reference.state_dict())
    frames = torch.randn(2, 3, 64, 64, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    reference.train()(frames)
    network.train()(frames.unsqueeze(2))
    for (name, expected), buffer in zip(reference.named_buffers(), network.buffers(), strict=True):
        torch.testing.assert_close(buffer, expected, msg=name)


def test_parameter_count() -> None:
    with torch.device("meta"):
        network = ResNet50(1.0, 0.1)
    assert sum(weight.numel() for weight in network.parameters()) == TORCHVISION_PARAMETERS - FC_PARAMETERS


def test_output_sizes_of_table_1() -> None:
    """At half the height and width of the paper's 224 x 224."""
    sizes = []
    with torch.device("meta"):
        network = ResNet50(1.0, 0.1)
        for module in (network.conv1, *network.last_blocks.values()):
            module.register_forward_hook(lambda _, __, output: sizes.append(tuple(output.shape[1:])))
        assert network(torch.empty(2, 3, 1, 112, 112)).shape == (2, 2048)
    assert sizes == [(64, 56, 56), (256, 28, 28), (512, 14, 14), (1024, 7, 7), (2048, 4, 4)]


def test_half_the_width_halves_the_channels_of_every_convolution() -> None:
    with torch.device("meta"):
        full, half = ResNet50(1.0, 0.1), ResNet50(0.5, 0.1)
    assert half.features == 1024
    pairs = list(zip(_convolutions(full), _convolutions(half), strict=True))
    assert len(pairs) == NORMS
    for wide, narrow in pairs:
        assert narrow.out_channels * 2 == wide.out_channels
        assert narrow.in_channels * 2 == wide.in_channels or narrow.in_channels == wide.in_channels == 3
        assert (narrow.kernel_size, narrow.stride) == (wide.kernel_size, wide.stride)


def _convolutions(network: nn.Module) -> list[nn.Conv2d]:
    return [layer for layer in network.modules() if isinstance(layer, nn.Conv2d)]


def test_momentum_and_epsilon_of_every_batch_norm() -> None:
    with torch.device("meta"):
        network = ResNet50(1.0, 0.07)
    norms = [layer for layer in network.modules() if isinstance(layer, nn.BatchNorm2d)]
    assert [(norm.eps, norm.momentum) for norm in norms] == [(1e-5, 0.07)] * NORMS


@pytest.mark.parametrize("frames", [2, 16])
def test_clips_of_several_frames_are_refused(frames: int) -> None:
    with pytest.raises(ValueError, match=f"clips of {frames} frames; allowed: 1"):
        _network()(torch.zeros(2, 3, frames, 64, 64))


def test_initial_weights_depend_on_the_seed_alone() -> None:
    model = MODEL.model_copy(update={"name": "resnet50"})
    weights, repeated, different = (build(model, Recognition(7), seed=seed).state_dict() for seed in (5, 5, 6))
    assert all(torch.equal(weights[name], repeated[name]) for name in weights)
    assert not torch.equal(weights["backbone.layer4.2.conv3.weight"], different["backbone.layer4.2.conv3.weight"])


def test_initial_weights_are_he_normal() -> None:
    layers = [layer for layer in _convolutions(_network(0.25)) if layer.weight.numel() > 2000]
    assert len(layers) > 40
    for layer in layers:
        assert layer.weight.std().item() == pytest.approx((2 / layer.weight[0].numel()) ** 0.5, rel=0.1)


def test_blocks_start_near_the_identity() -> None:
    """The branch of a block has deviation 0.3, and a ReLU follows; the input, a rectified normal, is at least 0.

    So the mean square of what a block without a convolution in its shortcut changes is below 0.3^2.
    """
    blocks = [layer for layer in _network(0.25).modules() if isinstance(layer, Bottleneck)]
    same_size = [block for block in blocks if block.downsample is None]
    assert (len(blocks), len(same_size)) == (16, 12)
    generator = torch.Generator().manual_seed(0)
    for block in same_size:
        x = torch.randn(4, block.conv1.in_channels, 14, 14, generator=generator).relu()
        change = (block(x) - x).square().mean().sqrt()
        assert 0.1 < change < 0.3


def _first_steps(near_identity: bool) -> tuple[list[float], float]:
    """Train at the paper's learning rate for six steps; return the losses, and how far conv1 moved, relatively."""
    network = build(MODEL.model_copy(update={"name": "resnet50", "width": 0.25}), Recognition(8), seed=0).train()
    if not near_identity:
        for block in network.modules():
            if isinstance(block, Bottleneck):
                nn.init.ones_(block.bn3.weight)
    generator = torch.Generator().manual_seed(0)
    clips, labels = torch.randn(8, 3, 1, 64, 64, generator=generator), torch.arange(8)
    optimiser = torch.optim.SGD(network.parameters(), 0.01, momentum=0.9)
    weight: Tensor = network.backbone.conv1.weight  # type: ignore[union-attr, assignment]
    before, losses = weight.detach().clone(), []
    for _ in range(6):
        optimiser.zero_grad()
        loss = nn.functional.cross_entropy(network(clips), labels)
        loss.backward()
        optimiser.step()
        losses.append(loss.item())
    return losses, float((weight.detach() - before).norm() / before.norm())


def test_first_steps_of_pretraining_learn_and_keep_conv1_at_its_scale() -> None:
    """Without the start near the identity, conv1 moves several times as far."""
    losses, moved = _first_steps(near_identity=True)
    assert losses[-1] < 0.5 * losses[0]
    assert moved < 0.2
    assert _first_steps(near_identity=False)[1] > 3 * moved


def test_every_weight_gets_a_gradient() -> None:
    network = _network()
    network(torch.randn(2, 3, 1, 64, 64)).sum().backward()
    without_gradient = [
        name for name, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()
    ]
    assert without_gradient == []


def test_convolutions_are_laid_out_with_channels_last() -> None:
    weights = [layer.weight for layer in _convolutions(_network(0.25))]
    assert all(weight.is_contiguous(memory_format=torch.channels_last) for weight in weights)


def test_running_statistics_of_two_processes_are_merged(monkeypatch: pytest.MonkeyPatch) -> None:
    """Two processes with equal frames come to the statistics of one process that counts these frames twice."""
    network = _network().train()
    frames = torch.randn(2, 3, 1, 64, 64, generator=torch.Generator().manual_seed(0))
    shares: list[Tensor] = []

    def add_share(share: Tensor) -> Tensor:
        shares.append(share)
        return torch.stack(shares).sum(0)

    def run_process(rank: int) -> nn.Module:
        """Run one of two processes; it knows the shares of those that ran before."""
        process = copy.deepcopy(network)
        monkeypatch.setattr(running_statistics, "world_size", lambda: 2)
        monkeypatch.setattr(running_statistics, "rank", lambda: rank)
        monkeypatch.setattr(running_statistics, "all_reduce_sum", add_share)
        statistics = running_statistics.RunningStatistics(process, microbatches=1)
        statistics.begin()
        process(frames)
        statistics.merge()
        return process

    run_process(1)
    merged = run_process(0)
    for _ in range(2):
        network(frames)
    buffers = dict(merged.named_buffers())
    assert len(buffers) == 3 * NORMS
    for name, expected in network.named_buffers():
        torch.testing.assert_close(buffers[name], expected, msg=name)
