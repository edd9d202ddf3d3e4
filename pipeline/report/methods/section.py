"""The section "Methods": a text to paste into a paper, made from the parameters and records of a run."""

from collections.abc import Sequence

from pipeline.experiments.outcome import Outcome
from pipeline.report.blocks import CopyText, Section
from pipeline.report.methods import data, evaluation, model, software
from pipeline.report.methods.citations import bibtex
from pipeline.report.methods.departures import departures

INTRODUCTION = (
    "A text to paste, made from the parameters and records of this run; nothing in it was measured anew. "
    "`[To be described: ...]` marks what the run does not record, and you do. Citations are written as Pandoc reads "
    "them, `[@...]`; their BibTeX entries are below. The checklist of TRIPOD+AI [@collins2024], with what of it this "
    "report answers, is `docs/tripod-ai.md`."
)


def section_methods(main: Outcome, studies: Sequence[str]) -> Section:
    """Return the section.

    Args:
        main: the reported experiment.
        studies: names of the studies with finished experiments.
    """
    passages = [(title, text) for title, text in methods(main, studies) if text]
    subsections = [Section(f"methods-{title.lower().replace(' ', '-')}", title, [text]) for title, text in passages]
    entries = bibtex([INTRODUCTION, *(text for _, text in passages)])
    references = Section("methods-references", "References", [], [CopyText("BibTeX entries of the citations", entries)])
    return Section("methods", "Methods", [INTRODUCTION], [*subsections, references])


def methods(main: Outcome, studies: Sequence[str]) -> list[tuple[str, str | None]]:
    """Return the title and text of each passage; None for one that does not apply."""
    return [
        ("Recordings", data.recordings(main)),
        ("Faces", data.faces(main)),
        ("Estimator", model.estimator(main)),
        ("Pretraining", model.pretraining(main)),
        ("Fitting", model.fitting(main)),
        ("Evaluation", evaluation.evaluation(main)),
        ("Baselines and controls", evaluation.comparisons(main, studies)),
        ("Departures from the publication", departures(main)),
        ("Software", software.software(main)),
    ]
