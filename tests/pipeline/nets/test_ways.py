"""Networks in other layouts and precisions, exported or compiled, equal plain fp32 within a tolerance."""

import shutil

import pytest
import torch
from torch import Tensor

from pipeline.nets.build import Network, build, use_channels_last
from pipeline.nets.heads import Regression
from tests.pipeline.nets.slow import randomise_weights
from tests.pipeline.training.material import MODEL

SIZES = {"msn": (8, 32, 48), "i3d": (8, 32, 48), "c3d": (16, 96, 112), "resnet50": (1, 64, 96)}
NAMES = sorted(SIZES)
# Relative: sums in another order differ by 1.2e-5; without a running mean, MSN differs by 5e-4 or more.
TOLERANCE = 5e-5
BFLOAT16_TOLERANCE = 3e-2  # relative to the norm of the features: bfloat16 keeps 8 bits of every layer's output


@pytest.fixture(params=NAMES)
def network(request: pytest.FixtureRequest) -> Network:
    model = MODEL.model_copy(update={"name": request.param, "width": 0.0625, "kernels": (3, 5)})
    network = build(model, Regression(), seed=0)
    randomise_weights(network)
    return network.float()


@pytest.fixture
def clips(request: pytest.FixtureRequest) -> Tensor:
    name = request.node.callspec.params["network"]
    noise = torch.randn(2, 3, *SIZES[name], generator=torch.Generator().manual_seed(1))
    return noise * torch.tensor([0.5, 1.5]).view(2, 1, 1, 1, 1)


@pytest.fixture
def expected(network: Network, clips: Tensor) -> Tensor:
    with torch.no_grad():
        outputs = network.to(memory_format=torch.contiguous_format)(clips.contiguous())
    assert outputs.std() > 1e-2 * outputs.abs().max()  # the outputs of the two clips differ
    return outputs


def _difference(outputs: Tensor, expected: Tensor) -> float:
    return float((outputs - expected).abs().max() / expected.abs().max())


def test_channels_last(network: Network, clips: Tensor, expected: Tensor) -> None:
    use_channels_last(network)
    with torch.no_grad():
        outputs = network(clips.to(memory_format=torch.channels_last_3d))
    assert _difference(outputs, expected) < TOLERANCE


def test_bfloat16(network: Network, clips: Tensor) -> None:
    with torch.no_grad():
        expected = network.backbone(clips)
        with torch.autocast("cpu", torch.bfloat16):
            outputs = network.backbone(clips)
            assert network(clips).dtype == torch.bfloat16
    assert (outputs.float() - expected).norm() < BFLOAT16_TOLERANCE * expected.norm()


def test_export(network: Network, clips: Tensor, expected: Tensor) -> None:
    exported = torch.export.export(network, (clips,))
    with torch.no_grad():
        assert _difference(exported.module()(clips), expected) < TOLERANCE


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler, and there is none")
def test_compile(network: Network, clips: Tensor, expected: Tensor) -> None:
    compiled = torch.compile(network)
    with torch.no_grad():
        assert _difference(compiled(clips), expected) < TOLERANCE


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_bfloat16_on_a_gpu(network: Network, clips: Tensor) -> None:
    with torch.no_grad():
        expected = network.backbone(clips)
        with torch.autocast("cuda", torch.bfloat16):
            outputs = network.cuda().backbone(clips.cuda())
    assert (outputs.float().cpu() - expected).norm() < BFLOAT16_TOLERANCE * expected.norm()
