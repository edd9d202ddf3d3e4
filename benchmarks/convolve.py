"""MSN's convolutions of several frames on a GPU: as PyTorch does them, and as images (pipeline/nets/ops/conv3d_as_conv2d.py).

Forward and backward, in bfloat16 (on a CPU in fp32), at full width. The difference is that of the outputs as images
from those in fp32 (TF32 off) as clips, as a share of their length.

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
from pipeline.device import select_device as chosen_device
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
    """Print a line for each convolution."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--batch", type=int, default=24)
    batch, device = parser.parse_args().batch, chosen_device()
    found = {}
    with cudnn_settings(device):
        for name, (channels, frames, side, kernel) in LAYERS.items():
            x = torch.randn(batch, channels, frames, side, side, device=device)
            weight = torch.randn(channels, channels, kernel, kernel, kernel, device=device)
            found[name] = _compared(_clip, conv3d_as_conv2d, x, weight, grad=True)
            found[name]["chosen"] = conv2d_is_faster(frames, kernel)
            print(f"{name}: {found[name]}", flush=True)
        x, weight = torch.randn(batch, 3, 22, 117, 117, device=device), torch.randn(64, 3, 7, 7, 7, device=device)
        found["conv1"] = _compared(_stem, _stem_windows, x, weight, grad=False)
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else "CPU"
    print(json.dumps({"device": name, "ratio": found["conv3, 7"]["ratio"], **found}))


def _clip(x: Tensor, weight: Tensor) -> Tensor:
    return functional.conv3d(x, weight, padding="same")


def _stem(x: Tensor, weight: Tensor) -> Tensor:
    return functional.conv3d(x, weight, stride=(1, 2, 2))


def _stem_windows(x: Tensor, weight: Tensor) -> Tensor:
    return strided_conv3d_as_conv2d(x, weight, (1, 2, 2))


def _compared(clip: Run, image: Run, x: Tensor, weight: Tensor, grad: bool) -> dict[str, float]:
    torch.backends.cudnn.allow_tf32 = False
    right = clip(x, weight)
    torch.backends.cudnn.allow_tf32 = True
    dtype = torch.bfloat16 if x.is_cuda else torch.float32  # torch's bfloat16 is wrong on CPUs
    x = x.to(dtype).contiguous(memory_format=torch.channels_last_3d).requires_grad_(grad)
    weight = weight.to(dtype).contiguous(memory_format=torch.channels_last_3d).requires_grad_()
    above = right.to(dtype)
    found = image(x, weight).detach().float()
    passes = [_both_passes(run, x, weight, above) for run in (clip, image)]
    as_clip, as_image = (1e3 * statistics.median(times) for times in _timed(passes, x.device))
    return {
        "ratio": round(as_clip / as_image, 2),
        "as_clip_ms": round(as_clip, 3),
        "as_image_ms": round(as_image, 3),
        "difference": round(float((found - right).norm() / right.norm()), 5),
    }


def _both_passes(run: Run, x: Tensor, weight: Tensor, above: Tensor) -> Callable[[], object]:
    """What runs forward and backward; on a GPU it is recorded, so that the host does not hold it up."""
    of = [tensor for tensor in (x, weight) if tensor.requires_grad]

    def both() -> object:
        return torch.autograd.grad(run(x, weight), of, above)

    if not x.is_cuda:
        return both
    stream = torch.cuda.Stream()
    stream.wait_stream(torch.cuda.current_stream())
    with torch.cuda.stream(stream):
        for _ in range(3):  # algorithms are chosen
            both()
    torch.cuda.current_stream().wait_stream(stream)
    graph = torch.cuda.CUDAGraph()
    with torch.cuda.graph(graph):
        both()
    return graph.replay


def _timed(passes: list[Callable[[], object]], device: torch.device) -> list[list[float]]:
    """Seconds of each, in turns."""
    seconds: list[list[float]] = [[] for _ in passes]
    for turn in range(REPEATS + 2):
        for run, times in zip(passes, seconds, strict=True):
            finish(device)
            began = time.perf_counter()
            run()
            finish(device)
            if turn > 1:
                times.append(time.perf_counter() - began)
    return seconds


if __name__ == "__main__":
    main()
