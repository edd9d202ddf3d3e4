"""MTCNN's cascade (Zhang et al. 2016, DOI 10.1109/LSP.2016.2603342) over batches of frames.

P-Net proposes boxes on a pyramid, R-Net refuses most of them, O-Net refuses more and gives five landmarks. The networks
and their weights are facenet-pytorch's; the cascade around them is ours, without a loop over candidates. Two things
keep its results independent of how work was split: every network is called with one fixed batch size, the rest
padded (O-Net gives other bits at other batch sizes), and candidates are cut out of exact integral images.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from facenet_pytorch.models.mtcnn import ONet, PNet, RNet
from jaxtyping import Float, Int, UInt8
from torch import Tensor
from torch.nn import functional
from torchvision.ops import batched_nms

from pipeline.faces.boxes import kept_apart, shifted, squared, windows

CELL, STRIDE = 12, 2  # pixels that P-Net looks at, and between two looks
SHRINK = 0.709  # of the pyramid, from one level to the next: about half the area
BATCH_R, BATCH_O = 32, 16  # candidates a call


@dataclass(frozen=True)
class Faces:
    """The faces found in one frame, best first.

    Attributes:
        boxes: (x1, y1, x2, y2) in pixels.
        confidence: O-Net's probability.
        landmarks: left eye, right eye, nose, left and right mouth corner as seen in the picture, (x, y) in pixels.
    """

    boxes: Float[np.ndarray, "n 4"]
    confidence: Float[np.ndarray, " n"]
    landmarks: Float[np.ndarray, "n 5 2"]

    def __len__(self) -> int:
        """Number of faces."""
        return len(self.boxes)


@dataclass(frozen=True)
class _Candidates:
    """Boxes that are still in the race, each with the number of its frame and its score."""

    boxes: Tensor
    frame: Tensor
    score: Tensor

    def __getitem__(self, chosen: Tensor) -> "_Candidates":
        return _Candidates(self.boxes[chosen], self.frame[chosen], self.score[chosen])

    def thinned(self, overlap: float) -> Tensor:
        """Numbers of the candidates that non-maximum suppression leaves in each frame."""
        return batched_nms(self.boxes, self.score, self.frame, overlap)


class Cascade:
    """The three networks on one device, with the settings of a search."""

    def __init__(self, min_face: int, thresholds: tuple[float, float, float], batch: int, device: torch.device) -> None:
        """Load the networks.

        Args:
            min_face: the smallest face looked for, in pixels.
            thresholds: the least probability that passes P-Net, R-Net and O-Net.
            batch: frames that P-Net sees at once; fewer are padded.
            device: where the networks run.
        """
        self.min_face, self.thresholds, self.batch, self.device = min_face, thresholds, batch, device
        self.proposes, self.refines, self.decides = (net().eval().to(device) for net in (PNet, RNet, ONet))

    @torch.inference_mode()
    def detect(self, frames: UInt8[np.ndarray, "batch height width 3"]) -> list[Faces]:
        """Find the faces in up to `batch` RGB frames of one size."""
        count, (height, width) = len(frames), frames.shape[1:3]
        if count > self.batch:
            raise ValueError(f"{count} frames; allowed: up to {self.batch}")
        padded = np.zeros((self.batch, height, width, 3), np.uint8)
        padded[:count] = frames
        pixels = torch.from_numpy(padded).to(self.device).permute(0, 3, 1, 2)  # (B, 3, H, W)
        found = self._proposed(pixels.float())
        found = found[found.frame < count]
        sums = _integral(pixels)
        keep, (offsets,) = self._judged(self.refines, found, sums, 24, BATCH_R, self.thresholds[1])
        found = keep
        thin = found.thinned(0.7)
        boxes = squared(shifted(found.boxes[thin], offsets[thin], inclusive=True))
        found = _Candidates(boxes, found.frame[thin], found.score[thin])
        found, (offsets, points) = self._judged(self.decides, found, sums, 48, BATCH_O, self.thresholds[2])
        corner, size = found.boxes[:, None, :2], (found.boxes[:, 2:] - found.boxes[:, :2] + 1)[:, None]
        landmarks = points.view(-1, 2, 5).transpose(1, 2) * size + corner - 1  # (n, 5, 2)
        found = _Candidates(shifted(found.boxes, offsets, inclusive=True), found.frame, found.score)
        return [_faces(found, landmarks, number) for number in range(count)]

    def _proposed(self, pixels: Float[Tensor, "batch 3 height width"]) -> _Candidates:
        """P-Net's boxes over all levels of the pyramid, squared."""
        height, width = pixels.shape[2:]
        levels, offsets = [], []
        scale = CELL / self.min_face
        while min(height, width) * scale >= CELL:
            size = (int(height * scale + 1), int(width * scale + 1))
            moved, probability = self.proposes(_normalised(functional.adaptive_avg_pool2d(pixels, size)))
            frame, row, column = torch.nonzero(probability[:, 1] >= self.thresholds[0], as_tuple=True)
            corner = torch.stack([column, row], 1) * STRIDE + 1.0
            boxes = torch.cat([(corner / scale).floor(), ((corner + CELL - 1) / scale).floor()], 1)
            level = _Candidates(boxes, frame, probability[frame, 1, row, column])
            thin = level.thinned(0.5)
            levels.append(level[thin])
            offsets.append(moved.permute(0, 2, 3, 1)[frame, row, column][thin])
            scale *= SHRINK
        if not levels:
            none = pixels.new_empty(0)
            return _Candidates(none.view(0, 4), none.long(), none)
        found = _Candidates(*(torch.cat([getattr(level, f) for level in levels]) for f in ("boxes", "frame", "score")))
        thin = found.thinned(0.7)
        boxes = squared(shifted(found.boxes[thin], torch.cat(offsets)[thin], inclusive=False))
        return _Candidates(boxes, found.frame[thin], found.score[thin])

    def _judged(
        self,
        network: Callable[[Tensor], tuple[Tensor, ...]],
        found: _Candidates,
        sums: Tensor,
        side: int,
        batch: int,
        threshold: float,
    ) -> tuple[_Candidates, list[Tensor]]:
        """The candidates that a network passes, with their new scores, and the rest of what it says of them."""
        height, width = sums.shape[1] - 1, sums.shape[2] - 1
        cut = windows(found.boxes, width, height)
        inside = torch.nonzero((cut[:, 2:] > cut[:, :2]).all(1))[:, 0]
        found, cut = found[inside], cut[inside]
        outputs: list[tuple[Tensor, ...]] = []
        for start in range(0, max(len(cut), 1), batch):
            part = slice(start, start + batch)
            crops = _crops(sums, found.frame[part], cut[part], side)
            padding = crops.new_zeros((batch - len(crops), 3, side, side))
            outputs.append(tuple(out[: len(crops)] for out in network(torch.cat([crops, padding]))))
        *rest, probability = (torch.cat(parts) for parts in zip(*outputs, strict=True))
        passed = probability[:, 1] > threshold
        return _Candidates(found.boxes, found.frame, probability[:, 1])[passed], [part[passed] for part in rest]


@cache
def load_cascade(min_face: int, thresholds: tuple[float, float, float], batch: int, device: torch.device) -> Cascade:
    """The cascade with these settings, loaded once a process."""
    return Cascade(min_face, thresholds, batch, device)


def _normalised(pixels: Tensor) -> Tensor:
    return (pixels - 127.5) * 0.0078125


def _integral(pixels: UInt8[Tensor, "batch 3 height width"]) -> Int[Tensor, "batch height1 width1 3"]:
    """Sums of all pixels above and to the left: exact, for they are whole numbers."""
    sums = pixels.permute(0, 2, 3, 1).long().cumsum(1).cumsum(2)
    return functional.pad(sums, (0, 0, 1, 0, 1, 0))


def _crops(
    sums: Int[Tensor, "batch height1 width1 3"], frame: Int[Tensor, " n"], cut: Int[Tensor, "n 4"], side: int
) -> Float[Tensor, "n 3 side side"]:
    """Cut windows out of their frames and shrink each to a square by adaptive average pooling, normalised.

    Pixel i of a side of length L averages the pixels floor(i L / side) to ceil((i + 1) L / side).
    """
    steps = torch.arange(side, device=cut.device)
    start, length = cut[:, :2, None], (cut[:, 2:] - cut[:, :2])[:, :, None]
    low = start + (steps * length) // side  # (n, 2, side): x, y
    high = start - (-(steps + 1) * length) // side
    (x0, y0), (x1, y1) = low.unbind(1), high.unbind(1)
    which = frame[:, None, None]

    def corner(y: Tensor, x: Tensor) -> Tensor:
        return sums[which, y[:, :, None], x[:, None, :]]  # (n, side, side, 3)

    total = corner(y1, x1) - corner(y0, x1) - corner(y1, x0) + corner(y0, x0)
    area = (y1 - y0)[:, :, None] * (x1 - x0)[:, None, :]
    return _normalised((total / area[..., None]).float()).permute(0, 3, 1, 2).contiguous()


def _faces(found: _Candidates, landmarks: Tensor, number: int) -> Faces:
    """What is left in one frame after the last suppression."""
    mine = torch.nonzero(found.frame == number)[:, 0]
    mine = mine[kept_apart(found.boxes[mine], found.score[mine], 0.7)]
    arrays = (found.boxes[mine], found.score[mine], landmarks[mine])
    return Faces(*(array.float().cpu().numpy() for array in arrays))
