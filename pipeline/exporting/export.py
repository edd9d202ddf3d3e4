"""Write an estimator for other programs, as a PyTorch program or in ONNX, and see that it answers the same."""

import os
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import torch
from torch.export import Dim, ExportedProgram

from pipeline.exporting.estimator import Estimator, drawn_clips

FORMATS = (".pt2", ".onnx")
ALLOWED = 0.01  # points of BDI-II between an export and the network itself
BATCHES = (1, 3)  # that they are compared on; neither is the one that is traced
NEEDED = ("onnx", "onnxscript", "onnxruntime")  # by ONNX

Answer = Callable[[torch.Tensor], np.ndarray]


class ExportError(ValueError):
    """A model cannot be exported; the message says why, and no file is left."""


def export(estimator: Estimator, shape: tuple[int, int, int, int], path: Path) -> float:
    """Write `estimator` to `path`, in the format of its suffix, for any number of clips at once.

    Args:
        estimator: in evaluation mode.
        shape: (time, height, width, 3) of its clips.
        path: ends in .pt2 (torch.export) or .onnx.

    Returns:
        The largest difference between the file's answers and the network's, in points of BDI-II.

    Raises:
        ExportError: where the suffix is another one, packages are missing, or the file answers differently.
    """
    if path.suffix not in FORMATS:
        raise ExportError(f"{path}: the suffix is {path.suffix!r}; allowed: {' or '.join(FORMATS)}")
    missing = [name for name in NEEDED if find_spec(name) is None] if path.suffix == ".onnx" else []
    if missing:
        raise ExportError(f"{path}: ONNX needs {', '.join(missing)}: pip install 'msn-depression[export]'")
    program = torch.export.export(
        estimator, (drawn_clips(2, shape),), dynamic_shapes={"clips": {0: Dim("batch", min=1)}}, strict=False
    )
    path.parent.mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=path.parent) as folder:  # both formats need their own suffix while they are written
        written = Path(folder, path.name)
        answer = (_write_program if path.suffix == ".pt2" else _write_onnx)(program, written)
        difference = _difference(estimator, answer, shape)
        if not difference <= ALLOWED:
            raise ExportError(
                f"{path}: what was written is {difference:.4g} points away from the network; allowed: {ALLOWED}"
            )
        os.replace(written, path)
    return difference


def _write_program(program: ExportedProgram, path: Path) -> Answer:
    torch.export.save(program, path)
    loaded = torch.export.load(path).module()
    return lambda clips: loaded(clips).detach().numpy()


def _write_onnx(program: ExportedProgram, path: Path) -> Answer:
    import onnxruntime  # not everybody has it

    written = torch.onnx.export(program, dynamo=True, verbose=False)
    assert written is not None
    written.save(str(path))
    session = onnxruntime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    return lambda clips: np.asarray(session.run(None, {"clips": clips.numpy()})[0])


def _difference(estimator: Estimator, answer: Answer, shape: tuple[int, int, int, int]) -> float:
    found = []
    for batch in BATCHES:
        clips = drawn_clips(batch, shape)
        with torch.no_grad():
            found.append(float(np.abs(answer(clips) - estimator(clips).numpy()).max()))
    return max(found)
