"""The report: one self-contained HTML page about DVC experiments."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from pipeline.experiments.outcome import Outcome, read_outcome
from pipeline.experiments.repository import WORKSPACE, find_experiment
from pipeline.params.controls import control_warning
from pipeline.params.errors import ParamsError
from pipeline.report.agreement import section_agreement
from pipeline.report.baselines import baseline_notices
from pipeline.report.blocks import CopyText, Notice, Picture, Section, Table
from pipeline.report.card import section_card
from pipeline.report.corpus import recordings_statement, the_corpus
from pipeline.report.methods.section import section_methods
from pipeline.report.near_twins import near_twins_notice
from pipeline.report.paper import estimator_label, format_metric
from pipeline.report.power import section_power
from pipeline.report.reading import PAGE, readings
from pipeline.report.run import section_run, section_test_set_access
from pipeline.report.scale import has_scale_of_paper, no_diagnosis
from pipeline.report.scores import section_scores
from pipeline.report.sections import (
    StudyResults,
    section_detection,
    section_others,
    section_paper,
    section_saliency,
    section_studies,
)
from pipeline.report.subjects import section_subjects
from pipeline.runtime.atomic import write_text_atomically
from pipeline.studies.definition import StudyError, list_studies, read_study
from pipeline.studies.run import plan, study_rows

TEMPLATES = Path(__file__).parent / "templates"


def write_report(
    path: Path, names: Sequence[str], studies: Sequence[str] | None, changes: Mapping[str, Any], faces: bool
) -> list[str]:
    """Write the report; the file is written atomically.

    Args:
        path: of the HTML file.
        names: of experiments, Git revisions or `workspace`; all sections describe the first one, and the others are
            compared with it.
        studies: names of studies, or paths of their files; those without a finished experiment are left out. None:
            all studies in the folder studies/ that fit params.yaml and have more than one finished experiment. The
            runs of a study are based on the first experiment: they have its code, and its parameters except for those
            that the study varies.
        changes: values that all runs of studies have, by dotted keys, as they were given to `msn study`.
        faces: whether faces are shown.

    Returns:
        For each study that was left out because it does not fit, the reason.

    Raises:
        ValueError: if an experiment or a study does not exist or cannot be read.
    """
    outcomes = [read_outcome(find_experiment(name)) for name in names or [WORKSPACE]]
    results, errors = [], []
    for name in list_studies() if studies is None else studies:
        try:
            study = read_study(name)
            item = StudyResults(study, study_rows(plan(study, changes, outcomes[0].experiment)))
            # A single finished experiment may be the reported one, which is then no study.
            if studies is not None or item.finished > 1:
                results.append(item)
        except (StudyError, ParamsError) as error:
            if studies is not None:
                raise
            errors.append(str(error))
    page = render(title(outcomes[0]), summary(outcomes[0]), sections(outcomes, results, faces))
    write_text_atomically(path, page)
    return errors


def sections(outcomes: Sequence[Outcome], studies: Sequence[StudyResults], faces: bool) -> list[Section]:
    """Return the sections of the page in order; sections without content are left out."""
    main, *others = outcomes
    candidates = [
        section_scores(main),
        section_agreement(main),
        section_subjects(main),
        section_power(main, studies),
        section_others(main, others),
        section_paper(main, studies) if has_scale_of_paper(main.scale) else None,
        section_studies(main, studies),
        section_detection(main, faces),
        section_saliency(main, faces),
        section_card(main),
        section_methods(main, [item.study.name for item in studies if item.finished_rows]),
        section_test_set_access(main),
        section_run(main),
    ]
    return [section for section in candidates if section]


def title(main: Outcome) -> str:
    """Return the heading of the page."""
    return f"{estimator_label(main.params)} on {the_corpus(main.params)}"


def summary(main: Outcome) -> list[str]:
    """Return the paragraphs at the top of the page: warnings, and the RMSE beside that of the constant."""
    rmse = main.metric("rmse")
    if rmse is None:
        result = f"{main.experiment.name} has no metrics: stage evaluate has not run."
    else:
        constant = main.metric("rmse", estimator="constant")
        result = (
            f"RMSE {format_metric(rmse)} points over {main.metrics.get('videos', 'an unknown number of')} test videos; "
            f"a constant estimate for all videos has {format_metric(constant)}."
        )
    control = control_warning(main.params)
    notices = [
        *([Notice(control)] if control else []),
        *near_twins_notice(main),
        *baseline_notices(main),
        recordings_statement(main.params),
    ]
    return [no_diagnosis(main.scale), *notices, result]


def prose(text: str) -> Markup:
    r"""Convert text to HTML: text between backticks becomes code, and a per cent sign stays on the line of its number.

    Examples:
        >>> prose("95 % & `msn`")
        Markup('95\xa0% &amp; <code>msn</code>')
    """
    safe = str(escape(text)).replace(" %", "\N{NO-BREAK SPACE}%")
    return Markup(re.sub(r"`([^`]+)`", r"<code>\1</code>", safe))


def render(heading: str, paragraphs: Sequence[str], sections: Sequence[Section]) -> str:
    """Return the HTML of the page.

    Args:
        heading: of the page.
        paragraphs: below the heading.
        sections: of the page, in order.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["prose"] = prose
    kinds = {"is_table": Table, "is_picture": Picture, "is_copy_text": CopyText, "is_notice": Notice}
    environment.tests.update({name: (lambda block, kind=kind: isinstance(block, kind)) for name, kind in kinds.items()})
    style = (TEMPLATES / "page.css").read_text(encoding="utf-8")
    template = environment.get_template("page.html")
    content = {"title": heading, "summary": paragraphs, "sections": sections, "style": style}
    return template.render(content, readings=readings(), reading_page=PAGE)
