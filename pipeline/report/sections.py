"""The sections of a page beside its scores: the paper's tables, studies, other experiments, detection, saliency."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.comparing.render import verdict
from pipeline.comparing.scores import paired
from pipeline.experiments.estimates import read_estimates
from pipeline.experiments.outcome import Outcome
from pipeline.png import png_bytes
from pipeline.report import paper
from pipeline.report.blocks import Picture, Section, Table
from pipeline.report.paper import interval, network_label
from pipeline.scoring.intervals import format_interval
from pipeline.studies.collect import Row
from pipeline.studies.definition import Study
from pipeline.studies.figure import DOTS, draw
from pipeline.studies.table import notes, table

RESAMPLES, SEED = 2000, 0
DETECTION = {
    "recordings": "recordings",
    "broken": "recordings that could not be read",
    "without_face": "recordings without any face",
    "with_rivals": "recordings with a second face seen as often",
    "frames": "frames",
    "detected": "frames with a face detected",
    "refined": "frames with a face followed and measured",
    "interpolated": "frames bridged over a short gap",
    "absent": "frames without a face",
    "longest_absence": "longest run of frames without a face",
    "cuts": "cuts inside recordings",
    "confidence": "mean confidence",
    "box_height": "mean height of a face in pixels",
}
SHARES = ("detected", "refined", "interpolated", "absent")
FACES = (
    "This page shows faces, for it was asked to. Of real people they are personal data: keep it as you keep the videos."
)


@dataclass(frozen=True)
class Collected:
    """A study and what is finished of it."""

    study: Study
    rows: Sequence[Row]

    @property
    def finished(self) -> int:
        """How many experiments of it are finished."""
        return sum(len(row.outcomes) for row in self.rows)

    @property
    def drawn(self) -> list[Row]:
        """Rows with a finished experiment."""
        return [row for row in self.rows if row.outcomes]


def section_paper(main: Outcome, studies: Sequence[Collected]) -> Section:
    """The tables in the paper's form."""
    rows = {name: [row for item in studies if item.study.table == name for row in item.drawn] for name in _FORMS}
    blocks: list[Table | Picture | Section] = [paper.figure4(rows["figure4"], main)]
    blocks += [_picture(item) for item in studies if item.study.table == "figure4" and item.drawn]
    blocks += [paper.table2(rows["table2"], main), paper.tables34(rows["tables34"], main)]
    blocks += [paper.table5(rows["tables34"], main), paper.field(6, main), paper.field(7, main)]
    told = [
        "Empty cells: no experiment of ours is at hand; `msn study depth`, `kernels` and `models` make them. The paper "
        "reports no intervals; of 50 videos, an RMSE of 8 is known to about one and a half points either way."
    ]
    return Section("paper", "The paper's tables", told, blocks)


_FORMS = ("figure4", "table2", "tables34")


def section_studies(studies: Sequence[Collected]) -> Section | None:
    """Every study with something finished; those that fill a table of the paper show their own table here too."""
    found = []
    for item in studies:
        if not item.drawn:
            continue
        headings, cells = table(item.study, item.rows)
        blocks: list[Table | Picture | Section] = [
            Table(item.study.title, [headings[0] or "run", *headings[1:]], cells, notes(item.study, item.rows))
        ]
        if item.study.table != "figure4":
            blocks.append(_picture(item))
        found.append(Section(f"study-{item.study.name}", f"Study: {item.study.name}", [], blocks))
    return Section("studies", "Studies and controls", [], found) if found else None


def section_others(main: Outcome, others: Sequence[Outcome]) -> Section | None:
    """The other experiments that were asked for, each beside the first on the same videos."""
    if not others:
        return None
    rows: list[list[str]] = []
    told: list[str] = []
    for other in (main, *others):
        scores = [interval(other.score(name)) for name in ("rmse", "mae", "pcc")]
        rows.append([other.experiment.name, network_label(other.params), *scores, *_difference(main, other, told)])
    headings = ["experiment", "network", "RMSE", "MAE", "r", f"RMSE minus that of {main.experiment.name}"]
    return Section("others", "Experiments side by side", told, [Table("Experiments", headings, rows)])


def section_detection(main: Outcome, faces: bool) -> Section:
    """How often a face was found."""
    found = json.loads(main.experiment.text("detection.json") or "{}")
    rows = [[DETECTION.get(name, name), _measure(name, value)] for name, value in found.items()]
    if not rows:
        return Section("detection", "Detection", ["Not known: this experiment has no detection.json."])
    blocks: list[Table | Picture | Section] = [Table("Detection over the corpus", ["what", "value"], rows)]
    if content := main.experiment.content("data/detection/corpus.png"):
        alt = "Recordings by share of detected, refined, interpolated and absent frames; confidence; height of faces."
        blocks.append(Picture(content, alt, "Detection over the corpus, recordings unnamed"))
    told = []
    if faces and (content := main.experiment.content("data/detection/worst.png")):
        told.append(FACES)
        blocks.append(Picture(content, "Faces of the recordings with the fewest.", "Faces of the worst recordings"))
    return Section("detection", "Detection", told, blocks)


def section_saliency(main: Outcome, faces: bool) -> Section | None:
    """Figure 6, which shows faces: only where it is asked for."""
    if not faces:
        return None
    content = main.experiment.content("saliency/figure6.png")
    if content is None:
        return Section(
            "saliency", "Where the estimate comes from", ["Not at hand: `dvc repro explain` makes figure 6."]
        )
    alt = "First and last frame of a clip of one test recording a severity band, with the relevance of every place."
    shown = Picture(content, alt, "Figure 6: red places raise the estimate, blue ones lower it (Grad-CAM)")
    return Section("saliency", "Where the estimate comes from", [FACES], [shown])


def _measure(name: str, value: float) -> str:
    return f"{value:.2%}".replace("%", " %") if name in SHARES else f"{value:,}"


def _picture(item: Collected) -> Picture:
    alt = f"{item.study.title}: RMSE and MAE of each row with their intervals, as in the table beside it."
    return Picture(png_bytes(lambda: draw(item.study, item.drawn), DOTS), alt, item.study.title)


def _difference(main: Outcome, other: Outcome, told: list[str]) -> list[str]:
    """The paired difference in one cell, its meaning into `told`; recordings are not named."""
    if other is main:
        return [""]
    first, second = main.experiment.name, other.experiment.name
    try:
        ours, theirs = read_estimates(main.experiment), read_estimates(other.experiment)
    except ValueError:
        return ["not known: estimates are not in DVC's cache"]
    if [(item.recording, item.bdi) for item in ours] != [(item.recording, item.bdi) for item in theirs] or not ours:
        return ["not paired: other videos"]
    error = paired(ours, theirs, RESAMPLES, SEED)[0]
    told.append(verdict(first, second, error))
    return [format_interval(error.difference)]
