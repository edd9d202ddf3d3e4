"""The section on what slowing would have been found: it stands beside the reported result, and nowhere else."""

from dataclasses import replace
from pathlib import Path

import yaml

from pipeline.report.blocks import Picture, Table
from pipeline.report.page import sections
from pipeline.report.power import section_power
from pipeline.report.sections import StudyResults, section_studies
from pipeline.studies.collect import Row
from pipeline.studies.definition import Study
from tests.pipeline.studies.material import outcome

STUDY = Study.model_validate(
    {
        **{"name": "power", "title": "Slowing", "x": "simulate.cue", "draws": "simulate.seed"},
        **{"repeats": ["simulate.seed"], "grids": [{"label": "motion", "values": {"simulate.seed": [1, 2]}}]},
    }
)
VIDEOS = {f"{person}1": (8.0 * place, 8.0 * place + (-1) ** place) for place, person in enumerate("abcdefgh")}


def _row(cue: float) -> Row:
    runs = []
    for seed in (1, 2):
        run = outcome(f"c{cue:g}-{seed}", VIDEOS, constant=20.0)
        metrics = {"rmse": 1.0, "pcc": 0.5}
        runs.append(replace(run, params={**run.params, "simulate": {"cue": cue, "seed": seed}}, metrics=metrics))
    return Row(f"motion, simulate.cue {cue:g}", {}, tuple(runs), 2, (), grid="motion")


def test_the_curves_stand_beside_the_reported_result() -> None:
    main = replace(outcome("mine", VIDEOS, constant=20.0), metrics={"rmse": 19.0, "pcc": 0.25})
    section = section_power(main, [StudyResults(STUDY, [_row(0.5), _row(2.0)])])
    assert section is not None
    assert section.paragraphs[0].startswith(
        "To compare with: on the scores of the reported run r is 0.25, and the RMSE is 0.95 of the constant's."
    )
    picture, table = section.blocks
    assert isinstance(picture, Picture) and isinstance(table, Table)
    assert [row[:4] for row in table.rows] == [["motion", "11 %", "0.5", "0 of 2"], ["motion", "36 %", "2", "0 of 2"]]
    assert [row[-1] for row in table.rows] == ["0.05 (0.05 to 0.05)"] * 2


def test_it_is_no_study_among_others_and_absent_without_a_finished_draw() -> None:
    params = yaml.safe_load((Path(__file__).parents[3] / "params.yaml").read_text())
    main = replace(outcome("mine", VIDEOS), params=params)
    results = StudyResults(STUDY, [_row(2.0)])
    assert section_studies(main, [results]) is None
    unfinished = StudyResults(STUDY, [replace(_row(2.0), outcomes=())])
    assert section_power(main, [unfinished]) is None and section_power(main, []) is None
    assert "power" in [section.name for section in sections([main], [results], faces=False)]
