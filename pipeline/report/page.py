"""The report: one HTML page that asks for nothing from outside, out of DVC's experiments."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pipeline.experiments.outcome import Outcome, read_outcome
from pipeline.experiments.repository import WORKSPACE, find_experiment
from pipeline.params import ParamsError
from pipeline.report.blocks import Picture, Section, Table
from pipeline.report.card import NO_DIAGNOSIS, SIMULATED, control, section_card
from pipeline.report.paper import corpus_name, interval, network_label
from pipeline.report.run import section_looks, section_run
from pipeline.report.scores import section_scores
from pipeline.report.sections import (
    Collected,
    section_detection,
    section_others,
    section_paper,
    section_saliency,
    section_studies,
)
from pipeline.runtime.atomic import write_text_atomically
from pipeline.studies.definition import StudyError, known_studies, read_study
from pipeline.studies.run import plan, rows_of

TEMPLATES = Path(__file__).parent / "templates"


def write_report(
    path: Path, names: Sequence[str], studies: Sequence[str] | None, changes: Mapping[str, Any], faces: bool
) -> list[str]:
    """Write the report; the file appears whole or not at all.

    Args:
        path: of the HTML file.
        names: of experiments, revisions of Git or `workspace`; the first is told in full, the others stand beside it.
        studies: names of studies, or paths of their files; those without a finished experiment are left out. None: all
            of the folder studies/ that fit params.yaml and have more than one finished experiment. The runs of a study
            are those around the first experiment: with its code, and its parameters but for what the study varies.
        changes: values that all runs of studies have, by dotted keys, as they were given to `msn study`.
        faces: whether faces are shown.

    Returns:
        Which studies were left out because they do not fit, and why.

    Raises:
        ValueError: where an experiment or a study is not known or cannot be read.
    """
    outcomes = [read_outcome(find_experiment(name)) for name in names or [WORKSPACE]]
    found, unfit = [], []
    for name in known_studies() if studies is None else studies:
        try:
            study = read_study(name)
            item = Collected(study, rows_of(plan(study, changes, outcomes[0].experiment)))
            if studies is not None or item.finished > 1:  # one may well be what is reported, and no study of anything
                found.append(item)
        except (StudyError, ParamsError) as error:
            if studies is not None:
                raise
            unfit.append(str(error))
    page = render(title(outcomes[0]), summary(outcomes[0]), sections(outcomes, found, faces))
    write_text_atomically(path, page)
    return unfit


def sections(outcomes: Sequence[Outcome], studies: Sequence[Collected], faces: bool) -> list[Section]:
    """The sections of the page in their order; what has nothing to say is left out."""
    main, *others = outcomes
    found = [
        section_scores(main),
        section_others(main, others),
        section_paper(main, studies),
        section_studies(studies),
        section_detection(main, faces),
        section_saliency(main, faces),
        section_card(main),
        section_looks(main),
        section_run(main),
    ]
    return [section for section in found if section]


def title(main: Outcome) -> str:
    """The heading of the page."""
    return f"{network_label(main.params)} on the {corpus_name(main.params)}"


def summary(main: Outcome) -> list[str]:
    """What must be known first."""
    error = main.score("rmse")
    if error is None:
        scored = f"{main.experiment.name} has no scores: evaluate has not run."
    else:
        constant = main.score("rmse", of="constant")
        scored = (
            f"RMSE {interval(error)} points over {main.metrics.get('videos', 'unknown many')} test videos; whoever "
            f"says the same of everybody has {interval(constant)}."
        )
    told = control(main.params)
    notices = [*([told] if told else []), *([SIMULATED] if main.params["simulate"]["enabled"] else [])]
    return [NO_DIAGNOSIS, *notices, scored]


def prose(text: str) -> Markup:
    r"""Text with what stands between backticks as code, and numbers not torn from their per cent.

    >>> prose("95 % & `msn`")
    Markup('95\xa0% &amp; <code>msn</code>')
    """
    safe = str(escape(text)).replace(" %", "\N{NO-BREAK SPACE}%")
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", safe))


def render(heading: str, told: Sequence[str], found: Sequence[Section]) -> str:
    """The page."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = prose
    kinds = {"is_table": Table, "is_picture": Picture}
    environment.tests.update({name: (lambda block, kind=kind: isinstance(block, kind)) for name, kind in kinds.items()})
    style = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    template = environment.get_template("page.html")
    return template.render(title=heading, summary=told, sections=found, style=style)
