"""Power analysis: draws, slowings and verdicts worked by hand, with unfinished draws left out."""

import csv
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from pipeline.experiments.outcome import Outcome
from pipeline.statistics.interval import Interval
from pipeline.studies.collect import Row, gather
from pipeline.studies.definition import Point, Study, StudyError, read_study
from pipeline.studies.figure import draw, write_figure
from pipeline.studies.power import Draw, PowerPoint, power_curves
from pipeline.studies.power_table import power_notes
from pipeline.studies.table import markdown, table, write_tables
from tests.pipeline.studies.material import outcome

CUES, DRAWS, FOLDS = [0.0, 1.0, 2.0], [1, 2, 3, 4, 5], [0, 1]
STUDY = Study.model_validate(
    {
        **{"name": "power", "title": "Power", "x": "simulate.cue", "draws": "simulate.seed"},
        **{"repeats": ["corpus.fold", "simulate.seed"]},
        "grids": [{"label": "network", "values": {"simulate.cue": CUES, "simulate.seed": DRAWS, "corpus.fold": FOLDS}}],
    }
)


def _run(cue: float, draw_number: int, fold: int, reads: bool) -> Outcome:
    """Return a run on 6 subjects of its fold, with two videos each, whose estimates follow the score or do not."""
    random = np.random.default_rng([draw_number, fold])
    people = "abcdef" if fold == 0 else "ghijkl"
    videos = {}
    for place, person in enumerate(people):
        score = float(8 * place)
        for video in "12":
            estimate = score + random.normal(0, 4) if reads else 20.0 + (-1) ** (place // 2 + int(video)) * 5
            videos[f"{person}{video}"] = (score, estimate)
    run = outcome(f"c{cue:g}-d{draw_number}-f{fold}", videos, fold=fold)
    params = {**run.params, "simulate": {"cue": cue, "seed": draw_number}}
    return replace(run, params=params, metrics={**run.metrics, "pcc": 0.0})  # of one fold; they are pooled


def _rows(reads: dict[float, int], left_out: int = 0) -> list[Row]:
    """Return rows in which so many draws of each cue read the score; the last runs are not finished."""
    points, results = [], []
    for cue in CUES:
        for number in DRAWS:
            for fold in FOLDS:
                values = {"simulate.cue": cue, "simulate.seed": number, "corpus.fold": fold}
                points.append(Point(f"network, simulate.cue {cue:g}", values, values, "", {}, "network"))
                results.append(_run(cue, number, fold, reads=number <= reads[cue]))
    finished: list[Outcome | tuple[str, str]] = [*results]
    finished[len(finished) - left_out :] = [
        (run.experiment.name, "queued") for run in results[len(results) - left_out :]
    ]
    return gather(points, finished)


def test_shares_slowings_and_the_smallest_found() -> None:
    (curve,) = power_curves(STUDY, _rows({0.0: 0, 1.0: 4, 2.0: 5}))
    assert [(point.cue, point.found, len(point.draws)) for point in curve.points] == [(0, 0, 5), (1, 4, 5), (2, 5, 5)]
    # BDI-II is drawn up to 45: at cue 2 a step is exp(-2 x 10 / 45) = 0.641 of one 10 points below.
    assert [point.slowing for point in curve.points] == pytest.approx([0, 1 - np.exp(-10 / 45), 1 - np.exp(-20 / 45)])
    assert curve.points[2].power.low == pytest.approx(0.025**0.2)  # Clopper and Pearson, 5 of 5
    assert curve.smallest is curve.points[1]


def test_r_is_of_the_pooled_folds_of_a_draw() -> None:
    rows = _rows({0.0: 0, 1.0: 5, 2.0: 5})
    (curve,) = power_curves(STUDY, rows)
    runs = [_run(1.0, 3, fold, reads=True) for fold in FOLDS]
    cells = [
        row
        for run in runs
        for row in csv.DictReader((run.experiment.text("results/predictions.csv") or "").splitlines())
    ]
    truth, estimates = (np.array([float(row[name]) for row in cells]) for name in ("score", "estimate"))
    third = curve.points[1].draws[2]
    assert third.r is not None and third.r.value == pytest.approx(np.corrcoef(truth, estimates)[0, 1])
    assert third.ratio == pytest.approx(
        np.sqrt(np.mean((truth - estimates) ** 2)) / 12.0
    )  # the constant of the material


def test_means_over_draws_stay_within_their_bounds() -> None:
    """Of r on Fisher's scale, of ratios on the log scale."""
    draws = tuple(Draw(Interval(r, None, None), ratio) for r, ratio in ((0.99, 0.1), (0.0, 1.0), (0.9, 0.4)))
    point = PowerPoint(2.0, 0.36, draws, 3)
    r, ratio = point.r, point.ratio
    assert r is not None and r.value == pytest.approx(np.tanh(np.mean(np.arctanh([0.99, 0.0, 0.9]))))
    assert r.high is not None and r.high < 1 and ratio.low is not None and ratio.low > 0
    assert ratio.value == pytest.approx(0.04 ** (1 / 3))
    perfect = PowerPoint(2.0, 0.36, (Draw(Interval(1.0, None, None), 0.1), *draws), 4).r
    assert perfect is not None and perfect.low is None


def test_a_cue_below_one_that_is_missed_does_not_count() -> None:
    (curve,) = power_curves(STUDY, _rows({0.0: 5, 1.0: 3, 2.0: 4}))
    assert curve.smallest is curve.points[2]
    (curve,) = power_curves(STUDY, _rows({0.0: 0, 1.0: 5, 2.0: 3}))
    assert curve.smallest is None


def test_notes_name_the_slowing_and_what_chance_finds() -> None:
    (_, note) = power_notes(STUDY, _rows({0.0: 1, 1.0: 3, 2.0: 5}))
    assert note == (
        "network: the smallest slowing found in 80 % of the draws is 36 % per 10 points of BDI-II (cue 2: 5 of 5 "
        "draws). Without a cue it is found in 1 of 5 draws; chance alone gives 1 of 40."
    )
    (_, note) = power_notes(STUDY, _rows({0.0: 0, 1.0: 0, 2.0: 3}))
    assert "no slowing up to 36 % per 10 points of BDI-II (cue 2) is found in 80 % of the draws" in note


def test_a_draw_counts_when_all_its_folds_are_finished(tmp_path: Path) -> None:
    rows = _rows({0.0: 0, 1.0: 5, 2.0: 5}, left_out=1)
    (curve,) = power_curves(STUDY, rows)
    assert len(curve.points[2].draws) == 4
    assert "| network | 36 % | 2 | 4 of 4, of 5 wanted |" in markdown(STUDY, rows)
    assert "Queued: c2-d5-f1." in markdown(STUDY, rows)
    assert power_curves(STUDY, [replace(row, outcomes=row.outcomes[:1]) for row in rows]) == []
    assert not write_figure(tmp_path / "figure.png", STUDY, [replace(row, outcomes=row.outcomes[:1]) for row in rows])


def test_the_table_and_the_figure(tmp_path: Path) -> None:
    rows = _rows({0.0: 0, 1.0: 4, 2.0: 5})
    write_tables(tmp_path, STUDY, rows)
    (first, *_, last) = csv.DictReader((tmp_path / "table.csv").read_text().splitlines())
    assert (first["row"], first["cue"], first["found"], last["power"], last["wanted"]) == (
        "network",
        "0",
        "0",
        "1.0000",
        "5",
    )
    assert len(table(STUDY, rows)[1]) == len(CUES)
    assert [axes.get_ylabel().partition(":")[0] for axes in draw(STUDY, rows).axes] == [
        "Pearson's r",
        "RMSE over the constant's",
    ]


def test_draws_need_an_axis_and_must_be_repeats(tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("name: mine\ntitle: Mine\ndraws: simulate.seed\ngrids: [{}]\n")
    with pytest.raises(StudyError, match=r"draws is 'simulate.seed'; allowed: one of the repeats, in a study with x"):
        read_study("mine", tmp_path)
