"""MTCNN's cascade (Zhang et al. 2016, DOI 10.1109/LSP.2016.2603342) over batches of frames.

P-Net proposes boxes on a pyramid, R-Net refuses most of them, O-Net refuses more and gives five landmarks. The networks
and their weights are facenet-pytorch's; the cascade around them is ours, without a loop over candidates. Two things
keep its results independent of how work was split: every network is called with one fixed batch size, the rest
padded (O-Net gives other bits at other batch sizes), and candidates are cut out of exact integral images.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from facenet_pytorch.models.mtcnn import ONet, PNet, RNet
from jaxtyping import Float, UInt8
from torch import Tensor, nn
from torchvision.ops import batched_nms

from pipeline.faces.boxes import landmarks_in_pixels, nms_by_smaller_area, pixel_windows, regress_boxes, square_boxes
from pipeline.faces.integral_images import IntegralImages, integral_images, resize_frames, resize_windows

CELL, STRIDE = 12, 2  # pixels that P-Net looks at, and between two looks
SHRINK = 0.709  # of the pyramid, from one level to the next: about half the area


@dataclass(frozen=True)
class Faces:
    """The faces found in one frame, best first; or one face for each of several frames.

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


class CandidateNet:
    """A network that looks at candidates one by one, always called with the same number of them."""

    def __init__(self, network: nn.Module, side: int, batch: int) -> None:
        """Take a network that looks at squares of `side` pixels, `batch` at a time."""
        self.network, self.side, self.batch = network, side, batch

    def __call__(self, seen: Float[Tensor, "batch 3 side side"]) -> tuple[Tensor, ...]:
        """What the network says of up to `batch` squares; its probability of a face comes last."""
        count = len(seen)
        if count < self.batch:
            padding = seen.new_zeros((self.batch - count, self.side, self.side, 3)).permute(0, 3, 1, 2)
            seen = torch.cat([seen, padding])
        *rest, probability = self.network(seen)
        return (*(part[:count] for part in rest), probability[:count, 1])


class Mtcnn:
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
        loaded = (net().eval().to(device, memory_format=torch.channels_last) for net in (PNet, RNet, ONet))
        self._proposes, refines, decides = loaded
        self.refines, self.decides = CandidateNet(refines, 24, 32), CandidateNet(decides, 48, 16)

    @torch.inference_mode()
    def detect(self, frames: UInt8[np.ndarray, "batch height width 3"]) -> list[Faces]:
        """Find the faces in up to `batch` RGB frames of one size."""
        count, (height, width) = len(frames), frames.shape[1:3]
        if count > self.batch:
            raise ValueError(f"{count} frames; allowed: up to {self.batch}")
        padded = np.zeros((self.batch, height, width, 3), np.uint8)
        padded[:count] = frames
        sums = integral_images(padded, self.device)
        found = self._proposed(sums)
        found, (offsets,) = _scored(self.refines, found[found.frame < count], sums)
        passed = found.score > self.thresholds[1]
        found, offsets = found[passed], offsets[passed]
        thin = found.thinned(0.7)
        found, landmarks = self._decided(found[thin], offsets[thin], sums)
        passed = found.score > self.thresholds[2]
        found, landmarks = found[passed], landmarks[passed]
        return [_faces(found, landmarks, number) for number in range(count)]

    def _proposed(self, sums: IntegralImages) -> _Candidates:
        """P-Net's boxes over all levels of the pyramid, squared."""
        height, width = sums.shape[1] - 1, sums.shape[2] - 1
        levels, offsets = [], []
        scale = CELL / self.min_face
        while min(height, width) * scale >= CELL:
            moved, probability = self._proposes(resize_frames(sums, int(height * scale + 1), int(width * scale + 1)))
            frame, row, column = torch.nonzero(probability[:, 1] >= self.thresholds[0], as_tuple=True)
            corner = torch.stack([column, row], 1) * STRIDE + 1.0
            boxes = torch.cat([(corner / scale).floor(), ((corner + CELL - 1) / scale).floor()], 1)
            level = _Candidates(boxes, frame, probability[frame, 1, row, column])
            thin = level.thinned(0.5)
            levels.append(level[thin])
            offsets.append(moved.permute(0, 2, 3, 1)[frame, row, column][thin])
            scale *= SHRINK
        if not levels:
            none = torch.empty(0, device=self.device)
            return _Candidates(none.view(0, 4), none.long(), none)
        found = _Candidates(*(torch.cat([getattr(level, f) for level in levels]) for f in ("boxes", "frame", "score")))
        thin = found.thinned(0.7)
        boxes = square_boxes(regress_boxes(found.boxes[thin], torch.cat(offsets)[thin], inclusive=False))
        return _Candidates(boxes, found.frame[thin], found.score[thin])

    def _decided(self, found: _Candidates, offsets: Tensor, sums: IntegralImages) -> tuple[_Candidates, Tensor]:
        """What O-Net says of R-Net's boxes: its own boxes with their probability, and landmarks (n, 5, 2)."""
        boxes = square_boxes(regress_boxes(found.boxes, offsets, inclusive=True))
        found, (offsets, points) = _scored(self.decides, _Candidates(boxes, found.frame, found.score), sums)
        landmarks = landmarks_in_pixels(points, found.boxes)
        return _Candidates(regress_boxes(found.boxes, offsets, inclusive=True), found.frame, found.score), landmarks


@cache
def load_mtcnn(min_face: int, thresholds: tuple[float, float, float], batch: int, device: torch.device) -> Mtcnn:
    """The cascade with these settings, loaded once a process."""
    return Mtcnn(min_face, thresholds, batch, device)


def _scored(judge: CandidateNet, found: _Candidates, sums: IntegralImages) -> tuple[_Candidates, list[Tensor]]:
    """The candidates that lie in their frame, with their new scores, and the rest of what is said of them."""
    height, width = sums.shape[1] - 1, sums.shape[2] - 1
    cut = pixel_windows(found.boxes, width, height)
    inside = torch.nonzero((cut[:, 2:] > cut[:, :2]).all(1))[:, 0]
    found, cut = found[inside], cut[inside]
    parts = [slice(start, start + judge.batch) for start in range(0, max(len(cut), 1), judge.batch)]
    outputs = [judge(resize_windows(sums, found.frame[part], cut[part], judge.side)) for part in parts]
    *rest, score = (torch.cat(column) for column in zip(*outputs, strict=True))
    return _Candidates(found.boxes, found.frame, score), rest


def _faces(found: _Candidates, landmarks: Tensor, number: int) -> Faces:
    """What is left in one frame after the last suppression."""
    mine = torch.nonzero(found.frame == number)[:, 0]
    mine = mine[nms_by_smaller_area(found.boxes[mine], found.score[mine], 0.7)]
    arrays = (found.boxes[mine], found.score[mine], landmarks[mine])
    return Faces(*(array.float().cpu().numpy() for array in arrays))
