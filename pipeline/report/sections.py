"""Further sections of the report: the paper's tables, studies, other experiments, detection and saliency."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.comparing.render import cautions, format_seeded, verdict
from pipeline.comparing.repeats import gather_repeats, read_run
from pipeline.comparing.scores import compare_sides
from pipeline.experiments.outcome import Outcome
from pipeline.png import png_bytes
from pipeline.report import paper
from pipeline.report.blocks import Picture, Section, Table
from pipeline.report.corpus import faces_notice
from pipeline.report.paper import estimator_label, format_metric
from pipeline.report.sanity import sanity_tables
from pipeline.report.scale import has_scale_of_paper
from pipeline.saliency.explanation import UNEXPLAINED
from pipeline.studies.collect import Row
from pipeline.studies.definition import Study
from pipeline.studies.figure import DPI, draw
from pipeline.studies.table import notes, table

DETECTION = {
    "recordings": "recordings",
    "broken": "recordings that could not be read",
    "without_face": "recordings without a face in any frame",
    "with_rivals": "recordings in which a second face is seen nearly as often",
    "with_still_faces": "recordings with faces that never move, such as photographs, beside the followed one",
    "follows_still": "recordings of which the followed face never moves",
    "with_turns": "recordings in which several people take turns in one place",
    "turned": "recordings that are turned, and no metadata says so",
    "frames": "frames",
    "detected": "frames with a detected face",
    "refined": "frames with a face refined from nearby frames",
    "interpolated": "frames with an interpolated face, in short gaps",
    "absent": "frames without a face",
    "longest_absence": "longest run of frames without a face",
    "cuts": "cuts inside recordings",
    "confidence": "median confidence",
    "box_height": "median height of a face in pixels",
}
SHARES = ("detected", "refined", "interpolated", "absent")


@dataclass(frozen=True)
class StudyResults:
    """A study with its rows."""

    study: Study
    rows: Sequence[Row]

    @property
    def finished(self) -> int:
        """Number of finished experiments."""
        return sum(len(row.outcomes) for row in self.rows)

    @property
    def finished_rows(self) -> list[Row]:
        """Rows with a finished experiment."""
        return [row for row in self.rows if row.outcomes]


def section_paper(main: Outcome, studies: Sequence[StudyResults]) -> Section:
    """Return the section with the tables in the form of the paper's."""
    rows = {
        name: [row for item in studies if item.study.table == name for row in item.finished_rows] for name in _FORMS
    }
    blocks: list[Table | Picture | Section] = [paper.figure4(rows["figure4"], main)]
    blocks += [_study_figure(item) for item in studies if item.study.table == "figure4" and item.finished_rows]
    blocks += [paper.table2(rows["table2"], main), paper.tables34(rows["tables34"], main)]
    blocks += [paper.table5(rows["tables34"], main), paper.field(6, main), paper.field(7, main)]
    paragraphs = [
        "Empty cells: no finished experiment of ours; `msn study depth`, `kernels` and `models` run them.",
        paper.paper_uncertainty(),
    ]
    return Section("paper", "The paper's tables", paragraphs, blocks)


_FORMS = ("figure4", "table2", "tables34")


def section_studies(main: Outcome, studies: Sequence[StudyResults]) -> Section | None:
    """Return the section with the own table of every study that has a finished experiment; None without any.

    A power analysis has a section of its own.
    """
    sections = []
    for item in studies:
        if not item.finished_rows or item.study.draws:  # a power analysis has a section of its own
            continue
        headings, cells = table(item.study, item.rows)
        blocks: list[Table | Picture | Section] = [
            Table(
                item.study.title,
                [headings[0] or "run", *headings[1:]],
                cells,
                notes(item.study, item.rows),
                "study_table",
            )
        ]
        if item.study.table != "figure4" or not has_scale_of_paper(main.scale):  # else beside the paper's tables
            blocks.append(_study_figure(item))
        sections.append(Section(f"study-{item.study.name}", f"Study: {item.study.name}", [], blocks))
    return Section("studies", "Studies and controls", [], sections) if sections else None


def section_others(main: Outcome, others: Sequence[Outcome]) -> Section | None:
    """Return the section that compares the other experiments with the first one on the same videos; None without."""
    if not others:
        return None
    rows: list[list[str]] = []
    verdicts: list[str] = []
    for outcome in (main, *others):
        metrics = [format_metric(outcome.metric(name)) for name in ("rmse", "mae", "pcc")]
        rows.append(
            [
                outcome.experiment.name,
                estimator_label(outcome.params),
                *metrics,
                *_difference(main, outcome, verdicts),
            ]
        )
    headings = ["experiment", "estimator", "RMSE", "MAE", "r", f"RMSE minus that of {main.experiment.name}"]
    paragraphs = [*verdicts, *cautions(len(verdicts))]
    return Section(
        "others", "Experiments side by side", paragraphs, [Table("Experiments", headings, rows, reading="experiments")]
    )


def section_detection(main: Outcome, faces: bool) -> Section:
    """Return the section on how often a face was found."""
    measures = json.loads(main.experiment.text("detection.json") or "{}")
    rows = [[DETECTION.get(name, name), _format_measure(name, value)] for name, value in measures.items()]
    if not rows:
        return Section("detection", "Detection", ["Not known: this experiment has no detection.json."])
    blocks: list[Table | Picture | Section] = [
        Table("Detection over the corpus", ["what", "value"], rows, reading="detection")
    ]
    if content := main.experiment.content("data/detection/corpus.png"):
        alt = "Recordings by share of detected, refined, interpolated and absent frames; confidence; height of faces."
        blocks.append(Picture(content, alt, "Detection over the corpus, recordings unnamed", "detection_figure"))
    paragraphs = []
    if faces and (content := main.experiment.content("data/detection/worst.png")):
        paragraphs.append(faces_notice(main.params))
        blocks.append(
            Picture(
                content,
                "Faces of the recordings in which a face was found least often.",
                "Faces of the worst recordings",
                "worst_faces",
            )
        )
    return Section("detection", "Detection", paragraphs, blocks)


def section_saliency(main: Outcome, faces: bool) -> Section | None:
    """Return the section with figure 6, which shows faces, if `faces`, and whether maps depend on what was learned."""
    tables = sanity_tables(main)
    if not faces:
        return Section("saliency", "Where the estimate comes from", [], tables) if tables else None
    content = main.experiment.content("saliency/figure6.png")
    if content is None:
        reason = main.experiment.text(f"saliency/{UNEXPLAINED}")
        missing = (
            f"There is no figure 6: {reason.strip()}." if reason else "There is no figure 6: run `dvc repro explain`."
        )
        return Section("saliency", "Where the estimate comes from", [missing], tables)
    alt = "First and last frame of a clip of one test recording per severity band, with the relevance of every pixel."
    picture = Picture(
        content, alt, "Figure 6: red regions raise the estimate, blue ones lower it (Grad-CAM)", "saliency"
    )
    return Section("saliency", "Where the estimate comes from", [faces_notice(main.params)], [picture, *tables])


def _format_measure(name: str, value: float) -> str:
    return f"{value:.2%}".replace("%", " %") if name in SHARES else f"{value:,}"


def _study_figure(item: StudyResults) -> Picture:
    content = "RMSE and r of the runs on permuted scores" if item.study.observed else "RMSE and MAE of each row"
    alt = f"{item.study.title}: {content} with their intervals, as in the table beside it."
    return Picture(png_bytes(lambda: draw(item.study, item.finished_rows), DPI), alt, item.study.title, "study_figure")


def _difference(main: Outcome, other: Outcome, verdicts: list[str]) -> list[str]:
    """Return the cell with the paired difference, and append its verdict to `verdicts`; no recording is named."""
    if other is main:
        return [""]
    try:
        sides = [gather_repeats(item.experiment.name, [read_run(item)]) for item in (main, other)]
    except ValueError:
        return ["not known: estimates are not in DVC's cache"]
    try:
        comparison = compare_sides(*sides)
    except ValueError:
        return ["not paired: other videos"]
    error = comparison.errors[0]
    verdicts.append(verdict(comparison, error))
    return [format_seeded(error.difference)]
