"""Asynchronous copies from a GPU: the GPU continues with its queue while the host reads the values later."""

from typing import cast

import torch
from jaxtyping import Float
from torch import Tensor


class AsyncCopy:
    """Values on their way from a device to the host."""

    def __init__(self, tensor: Float[Tensor, " count"]) -> None:
        """Start the copy."""
        self.tensor = tensor
        self.finished: torch.cuda.Event | None = None
        if tensor.is_cuda:
            self.tensor = torch.empty(tensor.shape, dtype=tensor.dtype, pin_memory=True)
            self.tensor.copy_(tensor, non_blocking=True)
            self.finished = torch.cuda.Event()
            self.finished.record()

    def values(self) -> list[float]:
        """Return the values; wait for the copy if it has not finished."""
        if self.finished is not None:
            self.finished.synchronize()
        return cast(list[float], self.tensor.tolist())
