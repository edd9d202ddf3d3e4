"""The table of a study as CSV (numbers) and Markdown (for people)."""

import re
from collections.abc import Sequence
from pathlib import Path

from pipeline.comparing.render import format_seeded
from pipeline.name_list import list_names
from pipeline.records.tables import write_rows
from pipeline.runtime.atomic import write_text_atomically
from pipeline.statistics.interval import Interval
from pipeline.studies.collect import Row, Spread, ranks
from pipeline.studies.contrasts import Contrasts, contrast_notes, contrasts
from pipeline.studies.definition import Study
from pipeline.studies.fold_intervals import fold_notes
from pipeline.studies.permutation_notes import permutation_columns, permutation_notes
from pipeline.studies.power_table import POWER_COLUMNS, POWER_HEADINGS, power_cells, power_notes, power_numbers
from pipeline.studies.seed_notes import seed_notes

METRICS = (  # heading, metric, subgroup, estimator
    ("RMSE", "rmse", "all", "model"),
    ("MAE", "mae", "all", "model"),
    ("r", "pcc", "all", "model"),
    ("RMSE unseen", "rmse", "unseen", "model"),
    ("RMSE seen", "rmse", "seen", "model"),
    ("RMSE constant", "rmse", "all", "constant"),
    ("RMSE look-up", "rmse", "all", "lookup"),
    ("RMSE look-up, seen", "rmse", "seen", "lookup"),
)
MANY = 5  # experiments of a row that are named
CONTRASTS = ("rmse_difference", "rmse_difference_low", "rmse_difference_high", "p_holm", "ranks_first")
COSTS = (("parameters", "parameters", 1e6, "M"), ("multiply-adds", "macs", 1e9, "G"))  # heading, key, unit, its symbol


def write_tables(folder: Path, study: Study, rows: Sequence[Row]) -> None:
    """Write table.csv and table.md into `folder`, each atomically."""
    columns, cells = (list(POWER_COLUMNS), power_numbers(study, rows)) if study.draws else csv_table(study, rows)
    write_rows(folder / "table.csv", columns, cells)
    write_text_atomically(folder / "table.md", markdown(study, rows))


def csv_table(study: Study, rows: Sequence[Row]) -> tuple[list[str], list[list[object]]]:
    """Return columns and cells of the CSV file: every metric with its interval and the deviation between its models."""
    columns = ["row", "rank", "experiments", "finished", "wanted"]
    metrics = [
        ("validation_rmse", None),
        *((_column(metric, part, estimator), (metric, part, estimator)) for _, metric, part, estimator in METRICS),
    ]
    for name, _ in metrics:
        columns += [name, f"{name}_low", f"{name}_high", f"{name}_deviation"]
    columns += [*CONTRASTS, *(key for _, key, _, _ in COSTS)]
    compared = contrasts(study, rows)
    table: list[list[object]] = []
    for number, (row, rank) in enumerate(zip(rows, ranks(study, rows), strict=True)):
        names = " ".join(outcome.experiment.name for outcome in row.outcomes)
        cells: list[object] = [row.label, "" if rank is None else rank, names, len(row.outcomes), row.repeats]
        for _, key in metrics:
            spread = row.validation if key is None else row.metric(*key)
            cells += [_format_number(getattr(spread, field, None)) for field in ("value", "low", "high", "deviation")]
        cells += _contrast_numbers(compared, number)
        table.append([*cells, *(row.cost.get(key, "") for _, key, _, _ in COSTS)])
    return columns, table


def markdown(study: Study, rows: Sequence[Row]) -> str:
    """Return the table for people, with notes below it."""
    headings, cells = table(study, rows)
    lines = [f"# {_escape(study.title)}", "", _line(headings), _line(["---"] + ["---:"] * (len(headings) - 1))]
    return "\n".join([*lines, *map(_line, cells), "", *notes(study, rows)]) + "\n"


def table(study: Study, rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """Return headings and cells of the table for people; columns that are empty in all rows are left out."""
    if study.draws:
        return list(POWER_HEADINGS), power_cells(study, rows)
    columns = [_label_column(rows)]
    columns.append(("rank", ["" if rank is None else str(rank) for rank in ranks(study, rows)]))
    columns.append(("validation RMSE", [format_spread(row.validation) for row in rows]))
    columns += [
        (heading, [format_spread(row.metric(metric, part, estimator)) for row in rows])
        for heading, metric, part, estimator in METRICS
    ]
    columns += permutation_columns(study, rows)
    columns += _contrast_columns(contrasts(study, rows))
    columns += [
        (heading, [_format_cost(row, key, unit, symbol) for row in rows]) for heading, key, unit, symbol in COSTS
    ]
    columns.append(("experiments", [_experiment_names(row) for row in rows]))
    filled = [(heading, cells) for heading, cells in columns if any(cells)]
    return [heading for heading, _ in filled], [
        list(cells) for cells in zip(*(cells for _, cells in filled), strict=True)
    ]


def notes(study: Study, rows: Sequence[Row]) -> list[str]:
    """Return the notes below a table, one sentence per line."""
    if study.draws:
        return [*power_notes(study, rows), *_unfinished(rows)]
    scales = [outcome.scale.name for row in rows for outcome in row.outcomes]
    unit = f"in points of {scales[0]}" if scales else "in points"
    lines = [
        f"RMSE ({unit}), MAE and r are of the test partition; in brackets 95 % intervals over subjects.",
        *seed_notes(rows),
    ]
    lines += permutation_notes(study, rows)
    if any(rank is not None for rank in ranks(study, rows)):
        lines.append("Ranked by validation RMSE, never by the test partition.")
    elif study.ranked and len(rows) > 1:
        lines.append(
            "Not ranked: fewer than two rows have validation scores, and ranking by test scores would choose on the "
            "test partition. `-S finetune.validation=subjects` gives them."
        )
    if compared := contrasts(study, rows):
        lines += contrast_notes(compared)
    lines += [note for row in rows for note in fold_notes(row.outcomes, row.repeats)]
    without_intervals = [outcome.experiment.name for row in rows for outcome in row.outcomes if not outcome.intervals]
    if without_intervals:
        lines.append(
            f"Without intervals, because their results are not in DVC's cache: {list_names(without_intervals, MANY)}."
        )
    return [*lines, *_unfinished(rows)]


def _unfinished(rows: Sequence[Row]) -> list[str]:
    """Return a line for each state of experiments that are not finished."""
    states = dict.fromkeys(state for row in rows for _, state in row.states)
    return [
        f"{state.capitalize()}: {list_names([name for row in rows for name, other in row.states if other == state])}."
        for state in states
    ]


def format_spread(spread: Spread | None) -> str:
    """Format a metric with its interval, and over several models with their number and standard deviation.

    Examples:
        >>> format_spread(Spread(7.9, 7.0, 8.8)), format_spread(Spread(7.9, values=(7.8, 8.0))), format_spread(None)
        ('7.90 (7.00 to 8.80)', '7.90 (2 seeds, sd 0.14)', '')
    """
    if spread is None:
        return ""
    return format_seeded(Interval(spread.value, spread.low, spread.high), spread.values, spread.kind)


def _contrast_columns(found: Contrasts | None) -> list[tuple[str, list[str]]]:
    """Return headings and cells of the differences between rows; no columns if rows are not compared."""
    if found is None:
        return []
    return [
        (f"RMSE minus that of {found.reference}", [format_seeded(item) if item else "" for item in found.differences]),
        ("p (Holm)", [_format_p(p) for p in found.adjusted]),
        ("ranks first", ["" if share is None else f"{100 * share:.0f} %" for share in found.firsts]),
    ]


def _contrast_numbers(found: Contrasts | None, number: int) -> list[str]:
    """Return the cells of the CSV file on the differences of one row."""
    if found is None:
        return [""] * len(CONTRASTS)
    difference = found.differences[number]
    ends = [getattr(difference, name, None) for name in ("value", "low", "high")]
    return [_format_number(value) for value in (*ends, found.adjusted[number], found.firsts[number])]


def _format_p(p: float | None) -> str:
    """Format a p.

    Examples:
        >>> _format_p(0.0312), _format_p(0.0002), _format_p(None)
        ('0.031', 'below 0.001', '')
    """
    if p is None:
        return ""
    return "below 0.001" if p < 0.001 else f"{p:.3f}"


def _label_column(rows: Sequence[Row]) -> tuple[str, list[str]]:
    """Return the heading and the cells of the first column; the heading is the key if rows differ in one key only."""
    split = [row.label.partition(" ") for row in rows]
    keys = {key for key, _, _ in split}
    if len(keys) == 1 and "." in min(keys) and not any("," in row.label for row in rows):
        return min(keys), [value for _, _, value in split]
    return "", [row.label for row in rows]


def _format_cost(row: Row, key: str, unit: float, symbol: str) -> str:
    return f"{row.cost[key] / unit:.3f} {symbol}" if key in row.cost else ""


def _experiment_names(row: Row) -> str:
    names = [outcome.experiment.name for outcome in row.outcomes]
    missing = row.repeats - len(names)
    return ", ".join([*([list_names(names, MANY)] if names else []), *([f"{missing} not finished"] if missing else [])])


def _column(metric: str, part: str, estimator: str) -> str:
    return "_".join([metric, *(name for name in (part, estimator) if name not in ("all", "model"))])


def _format_number(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(map(_escape, cells)) + " |"


def _escape(text: str) -> str:
    r"""Return a text that Markdown shows as it is; an underscore inside a word is no markup.

    Examples:
        >>> _escape("a|b *c* `d` <e> model.max_gap")
        'a\\|b \\*c\\* \\`d\\` \\<e> model.max_gap'
    """
    return re.sub(r"[\\`*|<\[]|(?<!\w)_|_(?!\w)", r"\\\g<0>", " ".join(text.split()))
