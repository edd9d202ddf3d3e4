"""Notices about a recording: one sentence for each property that makes its frames or times doubtful."""

from dataclasses import replace

import pytest

from pipeline.records.quality import Quality
from pipeline.records.quality_notices import quality_notices

WHOLE = Quality("whole", decoded_frames=72, fps=30.0, seconds=2.4)


@pytest.mark.parametrize(
    ("changes", "notices"),
    [
        ({}, []),
        ({"times": "sorted"}, []),
        ({"irregular": 0.09}, []),
        (
            {"times": "mended", "replaced_times": 1},
            ["time stamps that are missing or do not fit those around them: 1 of 72; equal steps replace them"],
        ),
        (
            {"times": "mended", "restarts": (20, 40)},
            [
                "places at which the clock of the file is set back: 2; the time goes on by the usual step, and clips "
                "do not run over them"
            ],
        ),
        (
            {"pauses": 2, "longest_step": 600.033},
            ["pauses: 2, the longest of 600.0 s; clips do not run over them"],
        ),
        (
            {"irregular": 0.39},
            [
                "the frame rate varies: for 39 % of the time it is more than a tenth off the usual 30 frames/s, and "
                "movement looks faster or slower than it is; decode.fps of the pipeline, or --fps of msn predict, "
                "converts to a constant rate"
            ],
        ),
        ({"irregular": 0.39, "rate": 25.0}, []),  # the rows have a constant rate
    ],
)
def test_every_property_has_its_sentence(changes: dict[str, object], notices: list[str]) -> None:
    assert quality_notices(replace(WHOLE, **changes)) == tuple(notices)  # type: ignore[arg-type]
