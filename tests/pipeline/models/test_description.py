"""What networks are called."""

import pytest

from pipeline.models.description import network_name
from tests.pipeline.training.material import MODEL


@pytest.mark.parametrize(
    ("about", "expected"),
    [
        ({"name": "msn", "depth": 69, "kernels": (3, 5, 7), "width": 1.0}, "MSN-69 (3, 5, 7)"),
        ({"name": "msn", "depth": 27, "kernels": (3,), "width": 0.0625}, "MSN-27 (3) x 0.0625"),
        ({"name": "c3d", "width": 1.0}, "C3D"),
        ({"name": "i3d", "width": 0.5}, "I3D x 0.5"),
    ],
)
def test_a_network_is_called_by_what_makes_it(about: dict[str, object], expected: str) -> None:
    assert network_name(MODEL.model_copy(update=about)) == expected
