"""Squares of pictures at any real place and of any real size, resized by means over cells.

A square of a picture is divided into equal cells; each pixel of the result is the mean over one cell, in which a pixel
that lies partly in the cell counts by that part. So a network sees a face move by a tenth of a pixel. A large square is
halved first, as often as it stays as large as the result: its cells are then means of halved pixels.
"""

from collections.abc import Sequence

import torch
from jaxtyping import Float
from torch import Tensor

from pipeline.faces.halving import Picture, cut_out_halved, shows_picture


def resized_squares(
    pictures: Sequence[Picture],
    corners: Float[Tensor, "n 2"],
    lengths: Float[Tensor, " n"],
    side: int,
    device: torch.device,
) -> Float[Tensor, "n side side 3"]:
    """Return a square of each picture, resized; beyond its borders a picture is black.

    Args:
        pictures: n pictures.
        corners: x and y of the upper left corner in pixels, where 0 is the left or upper edge of the first pixel.
        lengths: of a side of the square, in pixels; above 0. A square without a pixel of its picture is black.
        side: of the resized squares.
        device: where they are resized.
    """
    halvings = torch.log2(lengths / side).floor().clamp(min=0)
    step = 2**halvings
    first = (corners / step[:, None]).floor()
    start, length = corners / step[:, None] - first, lengths / step
    pixels = 2 * side + 1  # room for the longest square after its halvings
    parts = torch.zeros((len(pictures), pixels, pixels, 3), dtype=torch.uint8)
    counts = (start.amax(1) + length).ceil().long().tolist()
    for part, picture, (x, y), count, times in zip(
        parts.numpy(), pictures, first.long().tolist(), counts, halvings.long().tolist(), strict=True
    ):
        scale = 2**times
        window = (x * scale, y * scale, (x + count) * scale, (y + count) * scale)
        if shows_picture(picture, window):
            part[:count, :count] = cut_out_halved(picture, window, times)
    columns, rows = (_weights(start[:, axis].to(device), length.to(device), side, pixels) for axis in range(2))
    means = torch.bmm(rows, parts.to(device).float().view(-1, pixels, pixels * 3)).view(-1, side, pixels, 3)
    return torch.einsum("nxw,nywc->nyxc", columns, means).contiguous()  # einsum returns a turned view


def _weights(
    start: Float[Tensor, " n"], length: Float[Tensor, " n"], side: int, pixels: int
) -> Float[Tensor, "n side pixels"]:
    """Return the weight of each pixel of a row in the mean of each of `side` equal cells of an interval.

    The weights of a cell add up to 1.
    """
    edges = start[:, None] + length[:, None] * torch.arange(side + 1, device=start.device) / side
    covered = (edges[:, :, None] - torch.arange(pixels, device=start.device)).clamp(0, 1)  # left of each edge
    return (covered[:, 1:] - covered[:, :-1]) * (side / length)[:, None, None]
