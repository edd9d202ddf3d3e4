"""Face alignment: the transform against an independent solution, the warp against pictures made for the test."""

import tracemalloc

import numpy as np
import pytest

from pipeline.faces.similarity import similarity, square_crop, warp
from pipeline.faces.template import TEMPLATE


def _transform_points(points: np.ndarray, degrees: float, scale: float, shift: tuple[float, float]) -> np.ndarray:
    """Rotate, scale and shift points."""
    angle = np.deg2rad(degrees)
    rotation = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    return scale * points @ rotation.T + shift


def _umeyama(source: np.ndarray, target: np.ndarray) -> np.ndarray:
    """Compute the least-squares similarity by singular values: an independent solution for any dimension."""
    p, q = source - source.mean(0), target - target.mean(0)
    u, s, vt = np.linalg.svd(q.T @ p / len(p))
    d = np.diag([1, np.sign(np.linalg.det(u) * np.linalg.det(vt))])
    rotation = u @ d @ vt
    scale = np.trace(np.diag(s) @ d) / p.var(0).sum()
    return np.column_stack([scale * rotation, target.mean(0) - scale * rotation @ source.mean(0)])


@pytest.mark.parametrize(("degrees", "scale", "shift"), [(0, 1, (0, 0)), (25, 0.6, (40, -7)), (-90, 3, (300, 200))])
def test_similarity_maps_a_transformed_template_back(degrees: float, scale: float, shift: tuple[float, float]) -> None:
    landmarks = _transform_points(TEMPLATE, degrees, scale, shift)
    transform = similarity(landmarks, 112)
    np.testing.assert_allclose(np.c_[landmarks, np.ones(5)] @ transform.T, TEMPLATE, atol=1e-9)
    assert np.hypot(transform[0, 0], transform[1, 0]) == pytest.approx(1 / scale)


def test_similarity_is_the_least_squares_solution() -> None:
    random = np.random.default_rng(3)
    for _ in range(20):
        landmarks = _transform_points(TEMPLATE, random.uniform(-60, 60), 1.7, (12, 90)) + random.normal(0, 4, (5, 2))
        np.testing.assert_allclose(similarity(landmarks, 56), _umeyama(landmarks, TEMPLATE / 2), atol=1e-9)


def test_square_crop_maps_a_square_about_the_box() -> None:
    # A box 20 wide and 40 high about (30, 50), with a margin of a quarter: the square from (5, 25) to (55, 75).
    transform = square_crop(np.array([20.0, 30.0, 40.0, 70.0]), size=100, margin=0.25)
    np.testing.assert_allclose(transform @ [5, 25, 1], [0, 0])
    np.testing.assert_allclose(transform @ [55, 75, 1], [100, 100])


@pytest.mark.parametrize("scale", [0.5, 1.0, 2.0, 5.0])
def test_warp_maps_spots_at_the_landmarks_to_the_template(scale: float) -> None:
    landmarks = _transform_points(TEMPLATE, 20, scale, (60, 30))
    height, width = (landmarks.max(0)[::-1] + 60).astype(int)
    yy, xx = np.mgrid[:height, :width]
    for number, (x, y) in enumerate(landmarks):
        spot = 255 * np.exp(-((xx - x) ** 2 + (yy - y) ** 2) / (2 * (2.5 * max(scale, 1)) ** 2))
        face = warp(np.repeat(spot[..., None], 3, 2).astype(np.uint8), similarity(landmarks, 112), 112)
        weight = face[..., 0].astype(float)
        rows, columns = np.mgrid[:112, :112]
        centre = np.array([(columns * weight).sum(), (rows * weight).sum()]) / weight.sum()
        np.testing.assert_allclose(centre, TEMPLATE[number], atol=0.3)


def test_warp_averages_when_it_shrinks() -> None:
    """A fine checkerboard, shrunk by a factor of 4, becomes grey instead of a moire pattern."""
    board = (np.indices((900, 900)).sum(0) % 2 * 255).astype(np.uint8)
    picture = np.repeat(board[..., None], 3, 2)
    face = warp(picture, similarity(_transform_points(TEMPLATE, 0, 4, (200, 200)), 112), 112)
    # The scale is just above a quarter, so the picture is halved once: 2 of 4 pixels are white.
    assert face.min() >= 127
    assert face.max() <= 128


def test_warp_halves_as_often_as_the_picture_stays_larger() -> None:
    """Blocks of two pixels, shrunk by a factor of 4.2, need two halvings to become grey."""
    board = (np.indices((450, 450)).sum(0) % 2 * 255).astype(np.uint8).repeat(2, 0).repeat(2, 1)
    picture = np.repeat(board[..., None], 3, 2)
    face = warp(picture, similarity(_transform_points(TEMPLATE, 0, 4.2, (200, 200)), 112), 112)
    assert face.min() >= 126
    assert face.max() <= 129


def test_a_face_far_larger_than_the_picture_takes_no_more_memory() -> None:
    picture = np.full((48, 64, 3), 200, np.uint8)
    tracemalloc.start()
    face = warp(picture, similarity(TEMPLATE * 2**13, 112), 112)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 2**20
    assert face.max() < 200  # a few pixels of the picture, in black


def test_pixels_outside_the_picture_are_black() -> None:
    face = warp(np.full((50, 50, 3), 200, np.uint8), similarity(TEMPLATE + 1000, 112), 112)
    assert face.max() == 0
