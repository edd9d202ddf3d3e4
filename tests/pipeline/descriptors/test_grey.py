"""Tests of grey pictures."""

import numpy as np

from pipeline.descriptors.grey import grey


def test_the_weights_of_the_colours() -> None:
    faces = np.array(
        [[[[100, 0, 0], [0, 100, 0], [0, 0, 100]]], [[[10, 20, 30], [255, 255, 255], [0, 0, 0]]]], np.uint8
    )
    result = grey(faces)
    assert result.dtype == np.float64
    # 2.99 + 11.74 + 3.42 = 18.15
    np.testing.assert_allclose(result, [[[29.9, 58.7, 11.4]], [[18.15, 255, 0]]], rtol=1e-14)
