"""Arrays on disk: they are read as they were written, and other files are refused."""

import pickle
from pathlib import Path

import numpy as np
import pytest
from safetensors.numpy import load_file

from pipeline.models.arrays import Shape, load_arrays, save_arrays
from pipeline.models.files import WeightsError

ARRAYS = {
    "support": np.array([[0.1, -2.0, 1e300], [np.pi, 5e-324, 0.0]]),
    "codes": np.array([[0, 255]], np.uint8),
    "intercept": np.array(7.25),
    "none": np.zeros((0, 4), np.float32),
}
SHAPES: dict[str, Shape] = {"support": (None, 3), "codes": (1, 2), "intercept": (), "none": (None, None)}


def _same(actual: np.ndarray, expected: np.ndarray) -> bool:
    return actual.dtype == expected.dtype and np.array_equal(actual, expected) and actual.shape == expected.shape


def test_arrays_round_trip(tmp_path: Path) -> None:
    save_arrays(tmp_path, ARRAYS)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["description.json", "weights.safetensors"]
    loaded = load_arrays(tmp_path, SHAPES)
    assert loaded.keys() == ARRAYS.keys()
    assert [name for name, array in ARRAYS.items() if not _same(loaded[name], array)] == []


def test_arrays_with_strides_are_written_by_their_values(tmp_path: Path) -> None:
    array = np.arange(24.0).reshape(4, 6)
    views = {"transposed": array.T, "every_second": array[:, ::2], "reversed": array[::-1]}
    save_arrays(tmp_path, views)
    loaded = load_file(tmp_path / "weights.safetensors")
    assert [name for name, view in views.items() if not _same(loaded[name], view)] == []


def test_equal_arrays_give_equal_bytes(tmp_path: Path) -> None:
    for name, arrays in (("a", ARRAYS), ("b", dict(reversed(ARRAYS.items())))):
        (tmp_path / name).mkdir()
        save_arrays(tmp_path / name, arrays)
    contents = {(tmp_path / name / "weights.safetensors").read_bytes() for name in "ab"}
    assert len(contents) == 1


def test_missing_unexpected_misshapen_and_infinite_arrays_are_named(tmp_path: Path) -> None:
    damaged = {
        "extra": np.zeros(2),
        "support": np.zeros((2, 4)),
        "intercept": np.array([7.25]),
        "none": np.array([[1.0, np.inf]]),
    }
    save_arrays(tmp_path, damaged)
    with pytest.raises(WeightsError) as error:
        load_arrays(tmp_path, SHAPES)
    assert str(error.value).splitlines() == [
        f"{tmp_path}/weights.safetensors: not the arrays of this estimator:",
        "  missing: codes",
        "  unexpected: extra",
        "  shape of intercept: (1,); allowed: ()",
        "  not finite: none",
        "  shape of support: (2, 4); allowed: (any, 3)",
    ]


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_numbers_that_are_not_finite_are_refused(tmp_path: Path, value: float) -> None:
    save_arrays(tmp_path, {**ARRAYS, "intercept": np.array(value)})
    with pytest.raises(WeightsError, match="not finite: intercept"):
        load_arrays(tmp_path, SHAPES)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"weights\.safetensors: no such file"):
        load_arrays(tmp_path, SHAPES)


class _Bomb:
    def __reduce__(self) -> tuple[type[SystemExit], tuple[()]]:
        return SystemExit, ()


@pytest.mark.parametrize("content", [pickle.dumps(_Bomb()), b"", b"text"])
def test_other_formats_are_refused_without_unpickling(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "weights.safetensors").write_bytes(content)
    with pytest.raises(WeightsError, match=r"weights\.safetensors: not a safetensors file"):
        load_arrays(tmp_path, SHAPES)


def test_damaged_arrays_are_rejected(tmp_path: Path) -> None:
    save_arrays(tmp_path, ARRAYS)
    path = tmp_path / "weights.safetensors"
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)
    with pytest.raises(
        WeightsError, match=r"weights.safetensors: damaged or replaced: its SHA-256 is [0-9a-f]{64}, but"
    ):
        load_arrays(tmp_path, SHAPES)
