"""Recordings as the baselines see them, made by hand, and the settings of the baselines."""

from collections.abc import Sequence

import numpy as np

from pipeline.baselines.recording_view import RecordingView
from pipeline.baselines.video_measures import MEASURES
from pipeline.params.evaluation import Baselines
from pipeline.records.labels import Label

SETTINGS = Baselines(penalties=(0.01, 0.1, 1.0, 10.0, 1e9), folds=5, window=3, grid=2)


def view(name: str, descriptor: Sequence[float] | None = None, **measures: float) -> RecordingView:
    """Return a view; measures that are not given are 1."""
    values = {**dict.fromkeys(MEASURES, 1.0), **measures}
    return RecordingView(name, values, None if descriptor is None else np.array(descriptor, np.float64))


def label(name: str, score: float, subject: str = "", partition: str = "training") -> Label:
    """Return a label; the subject is by default the name of the recording."""
    return Label(name, subject or name, "1", "", partition, score)
