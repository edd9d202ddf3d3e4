"""Conversion of clips from disk layout to network layout."""

import torch

from pipeline.models.normalise import Normalise, repeat_over_time
from tests.pipeline.training.material import MODEL


def test_mean_scale_and_order_of_axes() -> None:
    normalise = Normalise(MODEL.model_copy(update={"mean": (10.0, 20.0, 30.0), "scale": 0.5}))
    clips = torch.zeros(1, 2, 3, 4, 3, dtype=torch.uint8)
    clips[0, 1, 2, 3] = torch.tensor([12, 26, 255])
    x = normalise(clips)
    assert x.shape == (1, 3, 2, 3, 4)
    assert x.dtype == torch.float32
    assert x[0, :, 1, 2, 3].tolist() == [1.0, 3.0, 112.5]
    assert x[0, :, 0, 0, 0].tolist() == [-5.0, -10.0, -15.0]
    assert x.is_contiguous(memory_format=torch.channels_last_3d)


def test_mean_is_not_in_the_state_dict() -> None:
    assert not Normalise(MODEL).state_dict()


def test_images_become_clips_of_equal_frames() -> None:
    images = torch.arange(2 * 3 * 4.0).reshape(2, 3, 1, 2, 2)
    clips = repeat_over_time(images, 5)
    assert clips.shape == (2, 3, 5, 2, 2)
    assert all(torch.equal(clips[:, :, time], images[:, :, 0]) for time in range(5))
