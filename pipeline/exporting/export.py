"""Export of a network for other programs, to a PyTorch program or ONNX, checked against the network itself."""

from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import torch
from torch.export import Dim, ExportedProgram
from torch.fx import GraphModule

from pipeline.exporting.exportable import random_clips
from pipeline.runtime.atomic import atomic_file
from pipeline.score_networks.scorer import Scorer

FORMATS = (".pt2", ".onnx")
TOLERANCE = 0.01  # points between the exported file and the network
BATCHES = (1, 3)  # sizes at which they are compared; neither is the size of the traced batch
ONNX_PACKAGES = ("onnx", "onnxscript", "onnxruntime")

Function = Callable[[torch.Tensor], np.ndarray]


class ExportError(ValueError):
    """A model cannot be exported; the message says why, and no file is written."""


def export(network: Scorer, shape: tuple[int, int, int, int], path: Path) -> float:
    """Write `network` to `path` in the format of its suffix, with a free batch size.

    Args:
        network: in evaluation mode.
        shape: of a clip (time, height, width, 3).
        path: ends in .pt2 (torch.export) or .onnx.

    Returns:
        The largest difference between the estimates of the exported file and those of the network, in points.

    Raises:
        ExportError: if the suffix is not allowed, packages are missing, or the file's estimates differ by more than
            TOLERANCE.
    """
    if path.suffix not in FORMATS:
        raise ExportError(f"{path}: the suffix is {path.suffix!r}; allowed: {' or '.join(FORMATS)}")
    missing = [name for name in ONNX_PACKAGES if find_spec(name) is None] if path.suffix == ".onnx" else []
    if missing:
        raise ExportError(f"{path}: ONNX needs {', '.join(missing)}: pip install 'msn-depression[export]'")
    program = torch.export.export(
        network, (random_clips(2, shape),), dynamic_shapes={"clips": {0: Dim("batch", min=1)}}, strict=False
    )
    _remove_stack_traces(program)
    with atomic_file(path) as partial:
        function = (_write_program if path.suffix == ".pt2" else _write_onnx)(program, partial)
        difference = _largest_difference(network, function, shape)
        if not difference <= TOLERANCE:
            raise ExportError(
                f"{path}: the exported file is {difference:.4g} points away from the network; allowed: {TOLERANCE}"
            )
    return difference


def _remove_stack_traces(program: ExportedProgram) -> None:
    """Remove from every node the code that made it: the paths of this machine would go into the file of any format."""
    for module in program.graph_module.modules():  # branches and loops are modules of their own
        for node in module.graph.nodes if isinstance(module, GraphModule) else []:
            node.meta.pop("stack_trace", None)


def _write_program(program: ExportedProgram, path: Path) -> Function:
    """Write a PyTorch program; return the function that the file computes."""
    torch.export.save(program, path)
    loaded = torch.export.load(path).module()
    return lambda clips: loaded(clips).detach().numpy()


def _write_onnx(program: ExportedProgram, path: Path) -> Function:
    """Write an ONNX file; return the function that the file computes."""
    import onnxruntime  # an optional dependency

    onnx_program = torch.onnx.export(program, dynamo=True, verbose=False)
    assert onnx_program is not None
    onnx_program.save(str(path))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda clips: np.asarray(session.run(None, {"clips": clips.numpy()})[0])


def _largest_difference(network: Scorer, function: Function, shape: tuple[int, int, int, int]) -> float:
    differences = []
    for batch in BATCHES:
        clips = random_clips(batch, shape)
        with torch.no_grad():
            differences.append(float(np.abs(function(clips) - network(clips).numpy()).max()))
    return max(differences)
