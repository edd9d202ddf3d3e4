"""Networks with folded batch norms, and networks compiled for inference, keep their outputs."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import torch

from pipeline.nets.build import Network, build
from pipeline.nets.compiled import compile_for_inference, fold_batch_norm
from pipeline.nets.heads import Regression
from tests.pipeline.nets.slow import randomise_weights
from tests.pipeline.training.material import MODEL

TOLERANCE = 5e-5  # relative: fp32 and fp64 differ by 1.2e-5; without a running mean, MSN differs by 5e-4 or more
ROOT = Path(__file__).parents[3]
SIZES = {"msn": (8, 32, 48), "i3d": (8, 32, 48), "c3d": (16, 96, 112), "resnet50": (1, 64, 96)}


def _network(name: str) -> tuple[Network, torch.Tensor, torch.Tensor]:
    """Return a network with random norms, clips, and its outputs for them in double precision."""
    network = build(MODEL.model_copy(update={"name": name, "width": 0.0625, "kernels": (3, 5)}), Regression(), seed=0)
    randomise_weights(network)
    clips = torch.randn(2, 3, *SIZES[name], generator=torch.Generator().manual_seed(1))
    clips *= torch.tensor([0.5, 1.5]).view(2, 1, 1, 1, 1)
    with torch.no_grad():
        expected = network(clips.double())
    assert expected.std() > 1e-2 * expected.abs().max()  # the outputs of the two clips differ
    return network, clips, expected


@pytest.mark.parametrize("name", sorted(SIZES))
def test_folded_batch_norms_keep_the_outputs(name: str) -> None:
    network, clips, expected = _network(name)
    folded = fold_batch_norm(network)
    norms = torch.nn.BatchNorm2d | torch.nn.BatchNorm3d
    assert not [layer for layer in folded.modules() if isinstance(layer, norms)]
    torch.testing.assert_close(folded(clips.double()), expected, rtol=1e-9, atol=1e-12)
    torch.testing.assert_close(network(clips.double()), expected, rtol=0, atol=0)  # the original network is unchanged


@pytest.mark.skipif(shutil.which("g++") is None, reason="compiling needs a C++ compiler, and there is none")
@pytest.mark.parametrize("name", sorted(SIZES))
def test_compiled_network_keeps_its_outputs(name: str) -> None:
    network, clips, expected = _network(name)
    with torch.no_grad():
        outputs = compile_for_inference(network.float())(clips)
    assert (outputs.double() - expected).abs().max() < TOLERANCE * expected.abs().max()


MANY_SIZES = """
from functools import partial
import torch
from torch._dynamo.utils import counters
torch.compile = partial(torch.compile, backend="eager")  # quick, with equal counts
from pipeline.nets.build import build
from pipeline.nets.compiled import compile_for_inference
from pipeline.nets.heads import Regression
from tests.pipeline.training.material import MODEL
with torch.no_grad():
    compiled = compile_for_inference(build(MODEL, Regression(), seed=0).eval())
    for batch in range(1, 12):
        compiled(torch.zeros(batch, 3, 8, 32, 32))
        print(counters["stats"]["unique_graphs"])
"""


def test_many_batch_sizes_are_compiled_in_one_process() -> None:
    """Run in a process without the shape checks of tests, which break graphs apart."""
    process = subprocess.run([sys.executable, "-c", MANY_SIZES], capture_output=True, text=True, check=True, cwd=ROOT)
    assert list(map(int, process.stdout.split())) == list(range(1, 12))


@pytest.mark.skipif(not torch.cuda.is_available(), reason="there is no GPU")
@pytest.mark.parametrize("name", sorted(SIZES))
def test_compiled_network_keeps_its_outputs_on_a_gpu(name: str) -> None:
    network, clips, expected = _network(name)
    with torch.no_grad():
        outputs = compile_for_inference(network.float().cuda())(clips.cuda())
    assert (outputs.cpu().double() - expected).abs().max() < 1e-3 * expected.abs().max()


def test_network_in_training_mode_is_refused() -> None:
    network = _network("msn")[0].train()
    with pytest.raises(ValueError, match="evaluation mode"):
        fold_batch_norm(network)
