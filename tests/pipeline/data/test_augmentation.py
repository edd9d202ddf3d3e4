"""Tests of augmentation: mirroring by NumPy, rotation by NumPy's quarter turns, by torchvision and by SciPy."""

import numpy as np
import pytest
import torch
from scipy.ndimage import affine_transform
from torchvision.transforms.v2.functional import InterpolationMode, rotate

from pipeline.data.augmentation import Fill, augment_clips

CLIPS = torch.from_numpy(np.random.default_rng(0).uniform(-131, 124, (4, 3, 8, 8, 3)).astype(np.float32))
NONE = torch.zeros(4, dtype=torch.bool)


def test_without_augmentation_clips_are_unchanged() -> None:
    assert torch.equal(augment_clips(CLIPS, NONE, NONE, torch.zeros(4), "edge"), CLIPS)


def test_each_clip_has_its_own_augmentation_for_all_its_frames() -> None:
    before = CLIPS.clone()
    flip = torch.tensor([True, False, False, False])
    upside_down = torch.tensor([False, True, False, False])
    degrees = torch.tensor([0.0, 0.0, 90.0, 0.0])
    augmented = augment_clips(CLIPS, flip, upside_down, degrees, "edge").numpy()
    clips = CLIPS.numpy()
    np.testing.assert_array_equal(augmented[0], clips[0][:, :, ::-1])  # time height width channel
    np.testing.assert_array_equal(augmented[1], clips[1][:, ::-1])
    np.testing.assert_allclose(augmented[2], np.rot90(clips[2], axes=(1, 2)), atol=1e-3)  # counter-clockwise
    np.testing.assert_array_equal(augmented[3], clips[3])
    assert torch.equal(CLIPS, before)


def test_rotations_filled_with_the_mean_equal_torchvisions() -> None:
    angles = [-29.0, 0.0, 13.5, 90.0]
    clips = CLIPS[:, :, :6]  # not square
    augmented = augment_clips(clips, NONE, NONE, torch.tensor(angles), "mean")
    for clip, angle, rotated in zip(clips, angles, augmented, strict=True):
        expected = rotate(clip.permute(0, 3, 1, 2), angle, InterpolationMode.BILINEAR).permute(0, 2, 3, 1)
        torch.testing.assert_close(rotated, expected, rtol=0, atol=1e-2)


@pytest.mark.parametrize(("fill", "mode"), [("edge", "nearest"), ("mean", "grid-constant")])
def test_the_authors_rotation_by_30_degrees_equals_scipys(fill: Fill, mode: str) -> None:
    """Their code calls Keras's apply_affine_transform: theta=30, fill_mode="nearest", order=1.

    That is SciPy's affine_transform with the matrix [[cos, -sin], [sin, cos]] over (row, column), about the centre. For
    an image with rows downwards it turns clockwise. "grid-constant" is SciPy's name for zeros beyond the border.
    """
    size = 28
    clips = torch.from_numpy(np.random.default_rng(1).uniform(-131, 124, (1, 2, size, size, 3)).astype(np.float32))
    none, angle = torch.zeros(1, dtype=torch.bool), np.deg2rad(30)
    matrix = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    centre = np.full(2, (size - 1) / 2)
    rotated = augment_clips(clips, none, none, torch.tensor([-30.0]), fill)[0].numpy()
    for time in range(2):
        for channel in range(3):
            expected = affine_transform(
                clips[0, time, :, :, channel].numpy(), matrix, centre - matrix @ centre, order=1, mode=mode, cval=0.0
            )
            np.testing.assert_allclose(rotated[time, :, :, channel], expected, atol=0.01)  # of a range of 255


@pytest.mark.parametrize(("fill", "corner"), [("edge", 100.0), ("mean", 0.0)])
def test_corners_that_come_into_view(fill: Fill, corner: float) -> None:
    bright = torch.full((1, 1, 16, 16, 3), 100.0)
    none = torch.zeros(1, dtype=torch.bool)
    rotated = augment_clips(bright, none, none, torch.tensor([45.0]), fill)
    assert (rotated[0, 0, 0, 0] == corner).all()
    torch.testing.assert_close(rotated[0, 0, 8, 8], torch.full((3,), 100.0))
