"""Estimates written by hand: one of a video with a face, one of a video without."""

from pathlib import Path

from pipeline.predicting.estimate import Estimate, Span
from pipeline.severity.scale import scale_of

WITH_FACE = Estimate(
    video=Path("films/talk.mp4"),
    score=18.25,
    missing=None,
    spans=(Span(0.0, 4.0, 0, 16, 10.5), Span(6.0, 10.0, 0, 8, 33.75)),
    seconds=10.0,
    frames=75,
    coverage=0.8,
    faces=(1.0, 1.0, 0.0, 1.0, 1.0),
    native_fps=30.0,
    face_rate=3.75,
    scale=scale_of("bdi-ii"),
    notes=("a face in only 80 % of the frames",),
)
WITHOUT_FACE = Estimate(
    video=Path("films/wall.mp4"),
    score=None,
    missing="no face was found",
    spans=(),
    seconds=75.0,
    frames=560,
    coverage=0.0,
    faces=(0.0,) * 10,
    native_fps=7.5,
    face_rate=3.75,
    scale=scale_of("bdi-ii"),
    notes=(),
)
