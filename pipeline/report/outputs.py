"""Outputs of stages that an experiment has: the rows of its tables, and its figures."""

from collections.abc import Sequence

from pipeline.experiments.outcome import Outcome
from pipeline.records.tables import parse_rows
from pipeline.report.blocks import Picture


def rows_of(main: Outcome, path: str, columns: Sequence[str]) -> list[dict[str, str]] | None:
    """Return the rows of a table; None if the experiment does not have it.

    Args:
        main: the experiment.
        path: of the table in the repository.
        columns: that the table must have.

    Raises:
        ValueError: naming the experiment, the table, and the column or row that is wrong.
    """
    text = main.experiment.text(path)
    return None if text is None else [row for _, row in parse_rows(text, f"{main.experiment.name}: {path}", columns)]


def result_figures(main: Outcome, figures: Sequence[tuple[str, str, str]]) -> list[Picture]:
    """Return those figures of stage evaluate that an experiment has; none of them names a recording.

    Args:
        main: the experiment.
        figures: file in `results`, alternative text and caption of each; its reading has the name of the file.
    """
    contents = [(main.experiment.content(f"results/{name}"), name, alt, caption) for name, alt, caption in figures]
    return [
        Picture(content, alt, caption, name.removesuffix(".png")) for content, name, alt, caption in contents if content
    ]
