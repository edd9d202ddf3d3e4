"""Other ways to run a network give what plain fp32 gives, within what each may lose."""

import shutil

import pytest
import torch
from torch import Tensor

from pipeline.nets.build import Network, build
from pipeline.nets.heads import Regression
from tests.pipeline.nets.slow import shaken
from tests.pipeline.training.material import MODEL

SIZES = {"msn": (8, 32, 48), "i3d": (8, 32, 48), "c3d": (16, 96, 112)}
NAMES = sorted(SIZES)
SAME = 5e-5  # relative: fp32 sums in another order; met: 1.2e-5; a running mean lost in MSN: 5e-4 and more
HALF = 3e-2  # of the length of the features: bfloat16 keeps 8 bits of every layer's output


@pytest.fixture(params=NAMES)
def network(request: pytest.FixtureRequest) -> Network:
    model = MODEL.model_copy(update={"name": request.param, "width": 0.0625, "kernels": (3, 5)})
    found = build(model, Regression(), seed=0)
    shaken(found)
    return found.float()


@pytest.fixture
def clips(request: pytest.FixtureRequest) -> Tensor:
    name = request.node.callspec.params["network"]
    noise = torch.randn(2, 3, *SIZES[name], generator=torch.Generator().manual_seed(1))
    return noise * torch.tensor([0.5, 1.5]).view(2, 1, 1, 1, 1)


@pytest.fixture
def expected(network: Network, clips: Tensor) -> Tensor:
    with torch.no_grad():
        found = network.to(memory_format=torch.contiguous_format)(clips.contiguous())
    assert found.std() > 1e-2 * found.abs().max()  # the two clips do not look alike to it
    return found


def _difference(found: Tensor, expected: Tensor) -> float:
    return float((found - expected).abs().max() / expected.abs().max())


def test_channels_last(network: Network, clips: Tensor, expected: Tensor) -> None:
    with torch.no_grad():
        found = network.to(memory_format=torch.channels_last_3d)(clips.to(memory_format=torch.channels_last_3d))
    assert _difference(found, expected) < SAME


def test_bfloat16(network: Network, clips: Tensor) -> None:
    with torch.no_grad():
        expected = network.backbone(clips)
        with torch.autocast("cpu", torch.bfloat16):
            found = network.backbone(clips)
            assert network(clips).dtype == torch.bfloat16
    assert (found.float() - expected).norm() < HALF * expected.norm()


def test_export(network: Network, clips: Tensor, expected: Tensor) -> None:
    exported = torch.export.export(network, (clips,))
    with torch.no_grad():
        assert _difference(exported.module()(clips), expected) < SAME


@pytest.mark.skipif(shutil.which("g++") is None, reason="torch.compile needs a C++ compiler, and there is none")
def test_compile(network: Network, clips: Tensor, expected: Tensor) -> None:
    compiled = torch.compile(network)
    with torch.no_grad():
        assert _difference(compiled(clips), expected) < SAME


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
def test_bfloat16_on_a_gpu(network: Network, clips: Tensor) -> None:
    with torch.no_grad():
        expected = network.backbone(clips)
        with torch.autocast("cuda", torch.bfloat16):
            found = network.cuda().backbone(clips.cuda())
    assert (found.float().cpu() - expected).norm() < HALF * expected.norm()
