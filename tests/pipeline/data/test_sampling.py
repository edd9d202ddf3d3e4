"""Tests of the draws of training samples."""

from collections import Counter

import numpy as np

from pipeline.data.sampling import ClipSample, Starts, draw_clip, draw_flip, epoch_order
from pipeline.params.training import Augment

NO_AUGMENTATION = Augment(flip=0.0, rotate=0.0, upside_down=0.0, degrees=30.0, angle="uniform", fill="edge")
QUARTERS = NO_AUGMENTATION.model_copy(update={"flip": 0.25, "rotate": 0.25, "upside_down": 0.25})
STARTS: list[Starts] = [(range(10), range(9)), (range(200), range(0)), (np.array([7]),)]


def _draws(count: int, augment: Augment = NO_AUGMENTATION, seed: int = 0) -> list[ClipSample]:
    return [draw_clip(seed, number, STARTS, augment) for number in range(count)]


def test_a_sample_is_a_function_of_seed_and_number() -> None:
    assert _draws(50) == _draws(50)
    assert draw_clip(0, 37, STARTS, NO_AUGMENTATION) == _draws(50)[37]
    assert _draws(50, seed=1) != _draws(50)


def test_recordings_are_drawn_uniformly_whatever_their_length() -> None:
    counts = Counter(sample.recording for sample in _draws(3000))
    assert all(900 < counts[recording] < 1100 for recording in range(3))


def test_every_allowed_start_and_no_empty_phase_is_drawn() -> None:
    starts = {(sample.recording, sample.phase, sample.start) for sample in _draws(8000)}
    expected = {(0, 0, start) for start in range(10)} | {(0, 1, start) for start in range(9)} | {(2, 0, 7)}
    assert expected <= starts
    assert {phase for recording, phase, _ in starts if recording == 1} == {0}
    assert max(start for recording, _, start in starts if recording == 1) == 199


def test_with_probabilities_of_zero_no_clip_is_augmented() -> None:
    assert all((s.flip, s.upside_down, s.degrees) == (False, False, 0.0) for s in _draws(100))


def test_at_most_one_augmentation_is_drawn_with_its_probability() -> None:
    samples = _draws(4000, QUARTERS)
    counts = Counter((s.flip, s.degrees != 0, s.upside_down) for s in samples)
    assert set(counts) == {(True, False, False), (False, True, False), (False, False, True), (False, False, False)}
    assert all(900 < count < 1100 for count in counts.values())
    angles = [s.degrees for s in samples if s.degrees]
    assert -30 < min(angles) < -28
    assert 28 < max(angles) < 30


def test_a_fixed_angle_is_clockwise_and_the_same_for_every_rotated_clip() -> None:
    fixed = _draws(400, QUARTERS.model_copy(update={"angle": "fixed"}))
    assert {s.degrees for s in fixed} == {0.0, -30.0}
    rotated = [s.degrees != 0 for s in fixed]
    assert rotated == [s.degrees != 0 for s in _draws(400, QUARTERS)]  # the same clips as with another angle


def test_every_epoch_has_every_image_in_an_order_of_its_own() -> None:
    first, second = epoch_order(3, 0, 50), epoch_order(3, 1, 50)
    assert sorted(first) == sorted(second) == list(range(50))
    assert not np.array_equal(first, second)
    np.testing.assert_array_equal(first, epoch_order(3, 0, 50))


def test_a_share_of_images_is_mirrored() -> None:
    assert 450 < sum(draw_flip(0, number, 0.5) for number in range(1000)) < 550
    assert not any(draw_flip(0, number, 0.0) for number in range(100))
