"""A network made fast gives what it gave before."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from pipeline.complexity.compiled import compile_for_inference, fold_batch_norm
from pipeline.nets.build import Network, build
from pipeline.nets.heads import Regression
from tests.pipeline.nets.slow import shaken
from tests.pipeline.training.material import MODEL

ROUNDED = 5e-5  # fp32 against double precision; met: 1.2e-5; a running mean lost in MSN: 5e-4 and more
ROOT = Path(__file__).parents[3]
SIZES = {"msn": (8, 32, 48), "i3d": (8, 32, 48), "c3d": (16, 96, 112)}


def _network(name: str) -> tuple[Network, torch.Tensor, torch.Tensor]:
    """A network with telling norms, clips, and what it says of them."""
    network = build(MODEL.model_copy(update={"name": name, "width": 0.0625, "kernels": (3, 5)}), Regression(), seed=0)
    shaken(network)
    clips = torch.randn(2, 3, *SIZES[name], generator=torch.Generator().manual_seed(1))
    clips *= torch.tensor([0.5, 1.5]).view(2, 1, 1, 1, 1)
    with torch.no_grad():
        expected = network(clips.double())
    assert expected.std() > 1e-2 * expected.abs().max()  # the two clips do not look alike to it
    return network, clips, expected


@pytest.mark.parametrize("name", sorted(SIZES))
def test_folded_norms_change_nothing(name: str) -> None:
    network, clips, expected = _network(name)
    found = fold_batch_norm(network)
    assert not [layer for layer in found.modules() if isinstance(layer, torch.nn.BatchNorm3d)]
    torch.testing.assert_close(found(clips.double()), expected, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(network(clips.double()), expected, rtol=0, atol=0)  # the network itself is as it was


@pytest.mark.skipif(shutil.which("g++") is None, reason="compiling needs a C++ compiler, and there is none")
@pytest.mark.parametrize("name", sorted(SIZES))
def test_a_fast_network_says_the_same(name: str) -> None:
    network, clips, expected = _network(name)
    with torch.no_grad():
        found = compile_for_inference(network.float())(clips)
    assert (found.double() - expected).abs().max() < ROUNDED * expected.abs().max()


MANY_SIZES = """
from functools import partial
import torch
from torch._dynamo.utils import counters
torch.compile = partial(torch.compile, backend="eager")  # quick, and counts the same
from pipeline.nets.build import build
from pipeline.complexity.compiled import fast
from pipeline.nets.heads import Regression
from tests.pipeline.training.material import MODEL
with torch.no_grad():
    found = fast(build(MODEL, Regression(), seed=0).eval())
    for batch in range(1, 12):
        found(torch.zeros(batch, 3, 8, 32, 32))
        print(counters["stats"]["unique_graphs"])
"""


def test_a_process_may_meet_many_sizes() -> None:
    """In a process of its own, without the checks of shapes that this one has: they break graphs apart."""
    ran = subprocess.run([sys.executable, "-c", MANY_SIZES], capture_output=True, text=True, check=True, cwd=ROOT)
    assert list(map(int, ran.stdout.split())) == list(range(1, 12))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("name", sorted(SIZES))
def test_a_fast_network_says_the_same_on_a_gpu(name: str) -> None:
    network, clips, expected = _network(name)
    with torch.no_grad():
        found = compile_for_inference(network.float().cuda())(clips.cuda())
    assert (found.cpu().double() - expected).abs().max() < 1e-3 * expected.abs().max()


def test_a_network_in_training_is_refused() -> None:
    network = _network("msn")[0].train()
    with pytest.raises(ValueError, match="evaluation mode"):
        fold_batch_norm(network)
