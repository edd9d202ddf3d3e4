"""Numbers that a device computes, read when they are there instead of having it wait for the reader."""

import torch
from jaxtyping import Float
from torch import Tensor


class AsyncCopy:
    """Numbers on their way to the host: a GPU goes on with what it was told to do after them."""

    def __init__(self, numbers: Float[Tensor, " count"]) -> None:
        """Begin to read."""
        self.there: torch.cuda.Event | None = None
        self.numbers = numbers
        if numbers.is_cuda:
            self.numbers = torch.empty(numbers.shape, dtype=numbers.dtype, pin_memory=True)
            self.numbers.copy_(numbers, non_blocking=True)
            self.there = torch.cuda.Event()
            self.there.record()

    def values(self) -> list[float]:
        """The numbers, waiting for them where they are not there yet."""
        if self.there is not None:
            self.there.synchronize()
        return [float(number) for number in self.numbers.tolist()]
