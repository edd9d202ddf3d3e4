"""MSN's convolutions over several frames: `conv3d` against `conv2d` (pipeline/nets/ops/conv3d_as_conv2d.py).

Forward and backward passes run in bfloat16 (on a CPU in fp32) at full width. `difference` is the norm of the difference
between the outputs of `conv2d` and those of `conv3d` in fp32 (TF32 off), as a share of the norm of the latter.

    python -m benchmarks.convolve [--batch 24]

The last line is one JSON object.
"""

import argparse
import json
import statistics
import time
from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn import functional

from benchmarks.obvious_training import finish
from pipeline.device import select_device
from pipeline.nets.ops.conv3d_as_conv2d import conv2d_is_faster, conv3d_as_conv2d, strided_conv3d_as_conv2d
from pipeline.training.acceleration import cudnn_settings

REPEATS = 8
LAYERS = {  # channels, frames, side, kernel
    "conv2, 3": (32, 8, 28, 3),
    "conv2, 5": (32, 8, 28, 5),
    "conv2, 7": (32, 8, 28, 7),
    "conv3, 3": (64, 8, 28, 3),
    "conv3, 5": (64, 8, 28, 5),
    "conv3, 7": (64, 8, 28, 7),
    "conv3, 9": (64, 8, 28, 9),
    "conv4, 3": (256, 4, 14, 3),
    "conv5, 3": (512, 2, 7, 3),
}
Run = Callable[[Tensor, Tensor], Tensor]


def main() -> None:
    """Print a line for each convolution and one JSON object for all."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=24)
    batch, device = parser.parse_args().batch, select_device()
    results = {}
    with cudnn_settings(device):
        for name, (channels, frames, side, kernel) in LAYERS.items():
            x = torch.randn(batch, channels, frames, side, side, device=device)
            weight = torch.randn(channels, channels, kernel, kernel, kernel, device=device)
            results[name] = _compare(_conv3d, conv3d_as_conv2d, x, weight, grad=True)
            results[name]["chosen"] = conv2d_is_faster(frames, kernel)
            print(f"{name}: {results[name]}", flush=True)
        x, weight = torch.randn(batch, 3, 22, 117, 117, device=device), torch.randn(64, 3, 7, 7, 7, device=device)
        results["conv1"] = _compare(_stem_conv3d, _stem_conv2d, x, weight, grad=False)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    print(json.dumps({"device": name, "ratio": results["conv3, 7"]["ratio"], **results}))


def _conv3d(x: Tensor, weight: Tensor) -> Tensor:
    return functional.conv3d(x, weight, padding="same")


def _stem_conv3d(x: Tensor, weight: Tensor) -> Tensor:
    return functional.conv3d(x, weight, stride=(1, 2, 2))


def _stem_conv2d(x: Tensor, weight: Tensor) -> Tensor:
    return strided_conv3d_as_conv2d(x, weight, (1, 2, 2))


def _compare(conv3d: Run, conv2d: Run, x: Tensor, weight: Tensor, grad: bool) -> dict[str, float]:
    torch.backends.cudnn.allow_tf32 = False
    exact = conv3d(x, weight)
    torch.backends.cudnn.allow_tf32 = True
    dtype = torch.bfloat16 if x.is_cuda else torch.float32  # torch's bfloat16 is wrong on CPUs
    x = x.to(dtype).contiguous(memory_format=torch.channels_last_3d).requires_grad_(grad)
    weight = weight.to(dtype).contiguous(memory_format=torch.channels_last_3d).requires_grad_()
    output_gradient = exact.to(dtype)
    output = conv2d(x, weight).detach().float()
    passes = [_both_passes(run, x, weight, output_gradient) for run in (conv3d, conv2d)]
    as_clip, as_image = (1e3 * statistics.median(times) for times in _time_in_turns(passes, x.device))
    return {
        "ratio": round(as_clip / as_image, 2),
        "as_clip_ms": round(as_clip, 3),
        "as_image_ms": round(as_image, 3),
        "difference": round(float((output - exact).norm() / exact.norm()), 5),
    }


def _both_passes(run: Run, x: Tensor, weight: Tensor, output_gradient: Tensor) -> Callable[[], object]:
    """Return a call that runs forward and backward; on a GPU a CUDA graph, so that the host does not slow it down."""
    inputs = [tensor for tensor in (x, weight) if tensor.requires_grad]

    def run_both() -> object:
        return torch.autograd.grad(run(x, weight), inputs, output_gradient)

    if not x.is_cuda:
        return run_both
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):  # cuDNN chooses its algorithms
            run_both()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        run_both()
    return graph.replay


def _time_in_turns(passes: list[Callable[[], object]], device: torch.device) -> list[list[float]]:
    """Return the seconds of every call of each pass; the passes run in turns."""
    seconds: list[list[float]] = [[] for _ in passes]
    for turn in range(REPEATS + 2):
        for run, times in zip(passes, seconds, strict=True):
            finish(device)
            start = time.perf_counter()
            run()
            finish(device)
            if turn > 1:
                times.append(time.perf_counter() - start)
    return seconds


if __name__ == "__main__":
    main()
