"""MTCNN's cascade (Zhang et al. 2016, DOI 10.1109/LSP.2016.2603342) over batches of frames.

P-Net proposes boxes on an image pyramid, R-Net rejects most of them, O-Net rejects more and predicts five landmarks.
The networks and their weights are those of facenet-pytorch; the cascade is written here, without a loop over
candidates. Two measures make its results independent of how frames are split into batches: every network runs at one
fixed batch size, padded if necessary (O-Net outputs other bits at other batch sizes), and candidates are cut out of
exact integral images.
"""

from dataclasses import dataclass
from functools import cache

import numpy as np
import torch
from facenet_pytorch.models.mtcnn import ONet, PNet, RNet
from jaxtyping import Bool, Float, UInt8
from torch import Tensor, nn
from torchvision.ops import batched_nms

from pipeline.faces.boxes import (
    landmarks_in_pixels,
    nms_by_smaller_area,
    pixel_windows,
    regress_boxes,
    square_boxes,
    windows_in_picture,
)
from pipeline.faces.integral_images import IntegralImages, integral_images, resize_frames, resize_windows

CELL, STRIDE = 12, 2  # pixels: P-Net's receptive field, and its stride
PYRAMID_SCALE = 0.709  # from one level of the pyramid to the next: about half the area
BLACK_MARGIN = 80  # pixels of black around a frame in which a face meets the border
# A face meets the border if its box reaches beyond it when each side moves outwards by a share of the box's size, up to
# some pixels: a box at the border is too inexact to be taken at its word, and the end of the black margin is no border.
BORDER_SHARE, BORDER_PIXELS = 0.1, 16
DOUBT = 0.5  # share of O-Net's threshold from which on a box may be a face
AT_ONCE = 256  # candidates whose pixels are in memory; a face has about 60
MAX_OVERLAP = 0.7  # of two faces, as a share of the smaller one


@dataclass(frozen=True)
class Faces:
    """The faces of one frame, by falling confidence; or one face for each of several frames.

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

    def __getitem__(self, index: np.ndarray) -> "Faces":
        """Return some of the faces."""
        return Faces(self.boxes[index], self.confidence[index], self.landmarks[index])


@dataclass(frozen=True)
class _Candidates:
    """Candidate boxes of a batch, each with the index of its frame and its score."""

    boxes: Tensor
    frame: Tensor
    score: Tensor

    def __getitem__(self, index: Tensor) -> "_Candidates":
        return _Candidates(self.boxes[index], self.frame[index], self.score[index])

    def nms(self, max_overlap: float) -> Tensor:
        """Return the indices of the candidates that non-maximum suppression within each frame leaves."""
        return batched_nms(self.boxes, self.score, self.frame, max_overlap)


class CandidateNet:
    """A network that classifies single candidates (R-Net or O-Net), run at one fixed batch size."""

    def __init__(self, network: nn.Module, side: int, batch: int) -> None:
        """Wrap a network with an input of `side` x `side` pixels, which runs on `batch` candidates at a time."""
        self.network, self.side, self.batch = network, side, batch

    def __call__(self, squares: Float[Tensor, "n 3 side side"]) -> tuple[Tensor, ...]:
        """Run the network on any number of squares; the last output is the probability of a face."""
        batches = squares.split(self.batch)  # one, which is empty, if there are no squares
        *rest, probability = (torch.cat(column) for column in zip(*map(self._run_batch, batches), strict=True))
        return (*rest, probability[:, 1])

    def _run_batch(self, squares: Tensor) -> tuple[Tensor, ...]:
        count = len(squares)
        if count < self.batch:
            padding = squares.new_zeros((self.batch - count, self.side, self.side, 3)).permute(0, 3, 1, 2)
            squares = torch.cat([squares, padding])
        return tuple(output[:count] for output in self.network(squares))


class Mtcnn:
    """MTCNN's three networks on one device, with the settings of detection."""

    def __init__(self, min_face: int, thresholds: tuple[float, float, float], batch: int, device: torch.device) -> None:
        """Load the networks.

        Args:
            min_face: size of the smallest face to detect, in pixels.
            thresholds: minimum probabilities of P-Net, R-Net and O-Net.
            batch: number of frames in a batch of P-Net; smaller batches are padded.
            device: where the networks run.
        """
        self.min_face, self.thresholds, self.batch, self.device = min_face, thresholds, batch, device
        networks = (net().eval().to(device, memory_format=torch.channels_last) for net in (PNet, RNet, ONet))
        self._pnet, rnet, onet = networks
        # Where a candidate costs least on a processor: of O-Net 0.32 ms in batches of 8, 0.45 in batches of 16.
        self.rnet, self.onet = CandidateNet(rnet, 24, 16), CandidateNet(onet, 48, 8)

    @torch.inference_mode()
    def detect(self, frames: UInt8[np.ndarray, "batch height width 3"]) -> list[Faces]:
        """Detect the faces in up to `batch` RGB frames of one size.

        Frames in which a face, or what may be one, meets the border are searched again with black around, and the faces
        at the border are those of the second search: P-Net proposes poor boxes for faces that reach beyond its picture.

        Raises:
            ValueError: if there are more frames than `batch`.
        """
        if len(frames) > self.batch:
            raise ValueError(f"{len(frames)} frames; allowed: up to {self.batch}")
        height, width = frames.shape[1:3]
        min_confidence = self.thresholds[2]
        faces, again = [], []
        for number, first in enumerate(self._search(frames, DOUBT * min_confidence)):
            away = ~_at_border(first.boxes, width, height)
            faces.append(first[away & (first.confidence > min_confidence)])
            if not away.all():
                again.append(number)
        if again:
            sides = (BLACK_MARGIN, BLACK_MARGIN)
            with_black = np.pad(frames[again], ((0, 0), sides, sides, (0, 0)))
            for number, second in zip(again, self._search(with_black, min_confidence), strict=True):
                shifted = Faces(second.boxes - BLACK_MARGIN, second.confidence, second.landmarks - BLACK_MARGIN)
                faces[number] = _union(faces[number], shifted)
        return faces

    def _search(self, frames: UInt8[np.ndarray, "batch height width 3"], min_confidence: float) -> list[Faces]:
        """Run the cascade once on each frame; return the faces above a confidence."""
        count, (height, width) = len(frames), frames.shape[1:3]
        if count < self.batch:
            frames = np.concatenate([frames, np.zeros((self.batch - count, height, width, 3), np.uint8)])
        sums = integral_images(frames, self.device)
        candidates = self._propose(sums)
        candidates, (offsets,) = _rescore(self.rnet, candidates[candidates.frame < count], sums)
        accepted = candidates.score > self.thresholds[1]
        candidates, offsets = candidates[accepted], offsets[accepted]
        remaining = candidates.nms(0.7)
        candidates, landmarks = self._run_onet(candidates[remaining], offsets[remaining], sums)
        accepted = candidates.score > min_confidence
        candidates, landmarks = candidates[accepted], landmarks[accepted]
        return [_faces_of_frame(candidates, landmarks, number) for number in range(count)]

    def _propose(self, sums: IntegralImages) -> _Candidates:
        """Run P-Net on all levels of the pyramid; return its boxes, made square."""
        height, width = sums.shape[1] - 1, sums.shape[2] - 1
        scales = _pyramid_scales(self.min_face, min(height, width))
        if not scales:
            empty = torch.empty(0, device=self.device)
            return _Candidates(empty.view(0, 4), empty.long(), empty)
        columns = [self._run_pnet(sums, scale) for scale in scales]
        level = torch.cat([torch.full_like(frame, number) for number, (_, frame, *_) in enumerate(columns)])
        boxes, frame, score, offsets = (torch.cat(column) for column in zip(*columns, strict=True))
        of_level = batched_nms(boxes, score, frame * len(scales) + level, 0.5)
        candidates, offsets = _Candidates(boxes, frame, score)[of_level], offsets[of_level]
        remaining = candidates.nms(0.7)
        boxes = square_boxes(regress_boxes(candidates.boxes[remaining], offsets[remaining], inclusive=False))
        return _Candidates(boxes, candidates.frame[remaining], candidates.score[remaining])

    def _run_pnet(self, sums: IntegralImages, scale: float) -> tuple[Tensor, Tensor, Tensor, Tensor]:
        """Run P-Net on one level of the pyramid; return the boxes, frames, scores and offsets of its candidates."""
        height, width = sums.shape[1] - 1, sums.shape[2] - 1
        offset_map, probability = self._pnet(resize_frames(sums, int(height * scale + 1), int(width * scale + 1)))
        frame, row, column = torch.nonzero(probability[:, 1] >= self.thresholds[0], as_tuple=True)
        corner = torch.stack([column, row], 1) * STRIDE + 1.0
        boxes = torch.cat([(corner / scale).floor(), ((corner + CELL - 1) / scale).floor()], 1)
        offsets = offset_map.permute(0, 2, 3, 1)[frame, row, column]
        return boxes, frame, probability[frame, 1, row, column], offsets

    def _run_onet(self, candidates: _Candidates, offsets: Tensor, sums: IntegralImages) -> tuple[_Candidates, Tensor]:
        """Run O-Net on R-Net's boxes.

        Returns:
            O-Net's boxes with their probability, and landmarks (n, 5, 2) in pixels.
        """
        boxes = square_boxes(regress_boxes(candidates.boxes, offsets, inclusive=True))
        candidates, (offsets, points) = _rescore(
            self.onet, _Candidates(boxes, candidates.frame, candidates.score), sums
        )
        landmarks = landmarks_in_pixels(points, candidates.boxes)
        return (
            _Candidates(regress_boxes(candidates.boxes, offsets, inclusive=True), candidates.frame, candidates.score),
            landmarks,
        )


@cache
def load_mtcnn(min_face: int, thresholds: tuple[float, float, float], batch: int, device: torch.device) -> Mtcnn:
    """Return the cascade with these settings; each process loads it once."""
    return Mtcnn(min_face, thresholds, batch, device)


def _pyramid_scales(min_face: int, shorter_side: int) -> list[float]:
    """Return the scales of the pyramid: from that of the smallest face to that at which the picture is a cell."""
    scales = []
    scale = CELL / min_face
    while shorter_side * scale >= CELL:
        scales.append(scale)
        scale *= PYRAMID_SCALE
    return scales


def _rescore(network: CandidateNet, candidates: _Candidates, sums: IntegralImages) -> tuple[_Candidates, list[Tensor]]:
    """Run R-Net or O-Net on candidates, without those that lie outside their frame.

    Returns:
        The candidates with the network's scores, and its other outputs.
    """
    height, width = sums.shape[1] - 1, sums.shape[2] - 1
    windows = pixel_windows(candidates.boxes)
    inside = torch.nonzero(windows_in_picture(windows, width, height))[:, 0]
    candidates, windows = candidates[inside], windows[inside]
    parts = [slice(start, start + AT_ONCE) for start in range(0, max(len(windows), 1), AT_ONCE)]
    outputs = [network(resize_windows(sums, candidates.frame[part], windows[part], network.side)) for part in parts]
    *rest, score = (torch.cat(column) for column in zip(*outputs, strict=True))
    return _Candidates(candidates.boxes, candidates.frame, score), rest


def _faces_of_frame(candidates: _Candidates, landmarks: Tensor, number: int) -> Faces:
    """Return the faces of one frame after the last non-maximum suppression."""
    indices = torch.nonzero(candidates.frame == number)[:, 0]
    indices = indices[nms_by_smaller_area(candidates.boxes[indices], candidates.score[indices], MAX_OVERLAP)]
    arrays = (candidates.boxes[indices], candidates.score[indices], landmarks[indices])
    return Faces(*(array.float().cpu().numpy() for array in arrays))


def _at_border(boxes: Float[np.ndarray, "n 4"], width: int, height: int) -> Bool[np.ndarray, " n"]:
    """Whether each box, a little grown, reaches beyond a picture of `width` x `height`."""
    reach = np.minimum(BORDER_SHARE * (boxes[:, 2:] - boxes[:, :2]), BORDER_PIXELS)
    return ((boxes[:, :2] - reach < 0) | (boxes[:, 2:] + reach > (width, height))).any(1)


def _union(first: Faces, second: Faces) -> Faces:
    """Return the faces of two searches of one frame, by falling confidence; a face of both is that of the first."""
    both = Faces(
        *(np.concatenate([getattr(f, name) for f in (first, second)]) for name in ("boxes", "confidence", "landmarks"))
    )
    priority = both.confidence + (np.arange(len(both)) < len(first))
    remaining = nms_by_smaller_area(torch.from_numpy(both.boxes), torch.from_numpy(priority), MAX_OVERLAP).numpy()
    return both[remaining[np.argsort(-both.confidence[remaining], kind="stable")]]
