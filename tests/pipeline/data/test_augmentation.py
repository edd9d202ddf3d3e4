"""Tests of augmentation: mirroring by NumPy, rotation by NumPy's quarter turns and by torchvision."""

import numpy as np
import torch
from torchvision.transforms.v2.functional import InterpolationMode, rotate

from pipeline.data.augmentation import augment_clips

CLIPS = torch.from_numpy(np.random.default_rng(0).integers(0, 256, (4, 3, 8, 8, 3), dtype=np.uint8))
NONE = torch.zeros(4, dtype=torch.bool)


def test_without_augmentation_clips_are_unchanged() -> None:
    assert torch.equal(augment_clips(CLIPS, NONE, NONE, torch.zeros(4)), CLIPS)


def test_each_clip_has_its_own_augmentation_for_all_its_frames() -> None:
    before = CLIPS.clone()
    flip = torch.tensor([True, False, False, False])
    upside_down = torch.tensor([False, True, False, False])
    degrees = torch.tensor([0.0, 0.0, 90.0, 0.0])
    augmented = augment_clips(CLIPS, flip, upside_down, degrees).numpy()
    clips = CLIPS.numpy()
    np.testing.assert_array_equal(augmented[0], clips[0][:, :, ::-1])  # time height width channel
    np.testing.assert_array_equal(augmented[1], clips[1][:, ::-1])
    np.testing.assert_array_equal(augmented[2], np.rot90(clips[2], axes=(1, 2)))  # counter-clockwise
    np.testing.assert_array_equal(augmented[3], clips[3])
    assert torch.equal(CLIPS, before)


def test_rotations_equal_torchvisions() -> None:
    angles = [-29.0, 0.0, 13.5, 90.0]
    clips = CLIPS[:, :, :6]  # not square
    augmented = augment_clips(clips, NONE, NONE, torch.tensor(angles))
    for clip, angle, rotated in zip(clips, angles, augmented, strict=True):
        frames = clip.permute(0, 3, 1, 2)
        expected = rotate(frames, angle, InterpolationMode.BILINEAR).permute(0, 2, 3, 1)
        assert (rotated.int() - expected.int()).abs().max() <= 1  # halves are rounded to either side


def test_corners_that_come_into_view_are_black() -> None:
    white = torch.full((1, 1, 16, 16, 3), 255, dtype=torch.uint8)
    none = torch.zeros(1, dtype=torch.bool)
    rotated = augment_clips(white, none, none, torch.tensor([45.0]))
    assert not rotated[0, 0, 0, 0].any()
    assert (rotated[0, 0, 8, 8] == 255).all()
