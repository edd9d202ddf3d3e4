"""The base of estimators that are a few named arrays, such as the coefficients of a regression."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

import numpy as np

from pipeline.models.arrays import load_arrays, save_arrays
from pipeline.models.files import WEIGHTS, Shape

Loaded = TypeVar("Loaded", bound="ArrayEstimator")


class ArrayEstimator:
    """Keeps its settings and what it fitted, saves the arrays and reads them back; subclasses fit and predict.

    Attributes:
        settings: of the estimator.
        arrays: what was fitted, by name; empty before.
    """

    def __init__(self, settings: Any) -> None:
        """Take the settings; nothing is fitted yet."""
        self.settings = settings
        self.arrays: dict[str, np.ndarray] = {}

    def shapes(self) -> Mapping[str, Shape]:
        """Return the name and the shape of each array; None allows every length of an axis."""
        raise NotImplementedError

    def check(self, source: str) -> None:
        """Check that the arrays fit each other, beyond their shapes.

        Args:
            source: the file that they come from, for the error.

        Raises:
            ValueError: if they do not.
        """

    def save(self, folder: Path) -> None:
        """Write the arrays to the existing `folder`.

        Raises:
            ValueError: if nothing is fitted.
        """
        if not self.arrays:
            raise ValueError("the estimator is not fitted; call fit or load first")
        save_arrays(folder, self.arrays)

    @classmethod
    def load(cls: type[Loaded], folder: Path, settings: Any) -> Loaded:
        """Read what `save` wrote.

        Raises:
            WeightsError: if arrays are missing, unexpected, misshapen or not finite, naming each.
            ValueError: if they do not fit each other.
        """
        estimator = cls(settings)
        estimator.arrays = load_arrays(folder, estimator.shapes())
        estimator.check(str(folder / WEIGHTS))
        return estimator
