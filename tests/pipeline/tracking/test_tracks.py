"""Tracks and the proximity of boxes, with expected values worked by hand."""

import numpy as np

from pipeline.tracking.tracks import Track, box_proximity


def test_box_proximity_falls_with_distance_and_size() -> None:
    box = np.array([0.0, 0.0, 40.0, 40.0])
    assert box_proximity(box, box) == 1
    assert box_proximity(box, box + 30) == np.float64(1 - 30 * np.sqrt(2) / 60)
    assert box_proximity(box, np.array([-20.0, -20.0, 60.0, 60.0])) == 0.5
    assert box_proximity(box, box + 200) == 0
    point, inside_out = box[[0, 1, 0, 1]], box[[2, 3, 0, 1]]
    assert box_proximity(point, point) == box_proximity(box, point) == box_proximity(box, inside_out) == 0


def test_a_new_track_has_no_observations() -> None:
    assert Track().rows == []
