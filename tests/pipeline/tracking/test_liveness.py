"""A face that never moves is told from a living one, and a short one is not judged."""

import cv2
import numpy as np
import pytest

from pipeline.tracking.appearance import TEXTURE_SIZE, Texture
from pipeline.tracking.liveness import judge_liveness, movement
from pipeline.tracking.tracks import Liveness

SIDE = TEXTURE_SIZE


def _texture(mouth: float = 0.0, gain: float = 1.0, noise: int = 0) -> Texture:
    """Draw a texture: two eyes, and a mouth that is open by `mouth` pixels."""
    picture = np.full((SIDE, SIDE), 150, np.float32)
    for x in (22, 42):
        cv2.ellipse(picture, (x, 27), (6, 4), 0, 0, 360, 60, -1)
    cv2.ellipse(picture, (32, 50), (9, 2 + round(mouth)), 0, 0, 360, 40, -1)
    grain = np.random.default_rng(noise).normal(0, 2, picture.shape)
    return np.clip(gain * picture + grain, 0, 255).astype(np.uint8)


STILL = [_texture(noise=number) for number in range(12)]
LIT = [_texture(gain=1 - number / 40, noise=number) for number in range(12)]
SPEAKING = [_texture(mouth=number % 4, noise=number) for number in range(12)]


@pytest.mark.parametrize(
    ("textures", "step", "expected"),
    [
        (STILL, 0.5, Liveness.STILL),
        (LIT, 0.5, Liveness.STILL),
        (SPEAKING, 0.5, Liveness.LIVING),
        (STILL, 0.4, Liveness.UNKNOWN),  # 4.4 s: a person can sit still for so long
        (STILL[:5], 2.0, Liveness.UNKNOWN),  # 8 s, but five observations
        (SPEAKING, 0.1, Liveness.LIVING),  # movement proves life in little time
        (SPEAKING[:2], 2.0, Liveness.UNKNOWN),  # two faces may be false detections
        (SPEAKING[:4], 0.2, Liveness.UNKNOWN),
        (STILL[:1], 1.0, Liveness.UNKNOWN),
    ],
)
def test_liveness(textures: list[Texture], step: float, expected: Liveness) -> None:
    times = [step * number for number in range(len(textures))]
    assert judge_liveness([movement(textures)], [times]) == [expected]


def test_a_calm_face_is_still_only_beside_a_lively_one() -> None:
    times = [0.5 * number for number in range(12)]
    assert judge_liveness([0.2], [times]) == [Liveness.LIVING]
    assert judge_liveness([0.2, 0.4], [times] * 2) == [Liveness.LIVING] * 2
    assert judge_liveness([0.2, 0.6], [times] * 2) == [Liveness.STILL, Liveness.LIVING]
    assert judge_liveness([0.2, 0.6], [times, times[:2]]) == [Liveness.LIVING, Liveness.UNKNOWN]


def test_movement_is_none_for_equal_or_single_textures() -> None:
    assert movement([STILL[0]]) == 0
    assert movement([STILL[0]] * 5) == pytest.approx(0, abs=1e-3)


def test_a_face_without_any_contrast_has_no_movement() -> None:
    assert movement([np.full((SIDE, SIDE), 7, np.uint8)] * 4) == 0
