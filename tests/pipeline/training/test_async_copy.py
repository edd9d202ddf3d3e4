"""Asynchronous copies return the values that a tensor had when the copy was started."""

import pytest
import torch

from pipeline.training.async_copy import AsyncCopy

needs_gpu = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


def test_values_are_copied() -> None:
    assert AsyncCopy(torch.tensor([1.5, -2.0])).values() == [1.5, -2.0]


@needs_gpu
def test_values_are_copied_from_a_gpu() -> None:
    tensor = torch.full((2,), 3.0, device=torch.device("cuda", 0))
    copy = AsyncCopy(tensor * 2)
    tensor.zero_()
    assert copy.values() == [6.0, 6.0]
