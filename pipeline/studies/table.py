"""The table of a study as CSV (numbers) and Markdown (for people)."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.records.tables import write_rows
from pipeline.runtime.atomic import write_text_atomically
from pipeline.scoring.intervals import Interval, format_interval
from pipeline.studies.collect import Row, Spread, ranks
from pipeline.studies.definition import Study

FIGURES = (  # heading, figure, part, of
    ("RMSE", "rmse", "all", "model"),
    ("MAE", "mae", "all", "model"),
    ("r", "pcc", "all", "model"),
    ("RMSE unseen", "rmse", "unseen", "model"),
    ("RMSE seen", "rmse", "seen", "model"),
    ("RMSE constant", "rmse", "all", "constant"),
    ("RMSE look-up", "rmse", "all", "lookup"),
    ("RMSE look-up, seen", "rmse", "seen", "lookup"),
)
SIZES = (("parameters", "parameters", 1e6, "M"), ("multiply-adds", "macs", 1e9, "G"))


def write_tables(folder: Path, study: Study, rows: Sequence[Row]) -> None:
    """Write table.csv and table.md into `folder`; each appears whole or not at all."""
    columns, cells = numbers(study, rows)
    write_rows(folder / "table.csv", columns, cells)
    write_text_atomically(folder / "table.md", markdown(study, rows))


def numbers(study: Study, rows: Sequence[Row]) -> tuple[list[str], list[list[object]]]:
    """Columns and cells of the CSV file: every figure with its interval, or mean and standard deviation."""
    columns = ["row", "rank", "experiments", "finished", "wanted"]
    figures = [
        ("validation_rmse", None),
        *((_column(figure, part, of), (figure, part, of)) for _, figure, part, of in FIGURES),
    ]
    for name, _ in figures:
        columns += [name, f"{name}_low", f"{name}_high", f"{name}_deviation"]
    columns += ["together_rmse", "together_rmse_low", "together_rmse_high", *(key for _, key, _, _ in SIZES)]
    table: list[list[object]] = []
    for row, rank in zip(rows, ranks(study, rows), strict=True):
        names = " ".join(outcome.experiment.name for outcome in row.outcomes)
        cells: list[object] = [row.label, "" if rank is None else rank, names, len(row.outcomes), row.wanted]
        for _, key in figures:
            found = row.validation if key is None else row.figure(*key)
            cells += [_cell(getattr(found, part, None)) for part in ("value", "low", "high", "deviation")]
        cells += [_cell(getattr(row.together.get("rmse"), part, None)) for part in ("value", "low", "high")]
        table.append([*cells, *(row.cost.get(key, "") for _, key, _, _ in SIZES)])
    return columns, table


def markdown(study: Study, rows: Sequence[Row]) -> str:
    """The table for people, and below it how to read it."""
    headings, cells = table(study, rows)
    lines = [f"# {study.title}", "", _line(headings), _line(["---"] + ["---:"] * (len(headings) - 1))]
    return "\n".join([*lines, *map(_line, cells), "", *notes(study, rows)]) + "\n"


def table(study: Study, rows: Sequence[Row]) -> tuple[list[str], list[list[str]]]:
    """Headings and cells for people; columns that no row fills are left out."""
    columns = [_labels(rows)]
    columns.append(("rank", ["" if rank is None else str(rank) for rank in ranks(study, rows)]))
    columns.append(("validation RMSE", [told(row.validation) for row in rows]))
    columns += [
        (heading, [told(row.figure(figure, part, of)) for row in rows]) for heading, figure, part, of in FIGURES
    ]
    columns.append(("RMSE, all together", [told_interval(row.together.get("rmse")) for row in rows]))
    columns += [(heading, [_size(row, key, unit, sign) for row in rows]) for heading, key, unit, sign in SIZES]
    columns.append(("experiments", [_experiments(row) for row in rows]))
    filled = [(heading, cells) for heading, cells in columns if any(cells)]
    return [heading for heading, _ in filled], [
        list(cells) for cells in zip(*(cells for _, cells in filled), strict=True)
    ]


def notes(study: Study, rows: Sequence[Row]) -> list[str]:
    """What is to be known of a table, a sentence a line."""
    found = [
        "RMSE, MAE and r are of the test partition, in points of BDI-II; in brackets 95 % intervals over subjects."
    ]
    if any(len(row.outcomes) > 1 for row in rows):
        found.append(f"With ±: mean and standard deviation over {', '.join(study.repeats)}.")
    if any(row.together for row in rows):
        found.append("All together: over the videos of all folds, each tested once.")
    if any(rank is not None for rank in ranks(study, rows)):
        found.append("Ranked by validation RMSE, never by the test partition.")
    elif study.ranked and len(rows) > 1:
        found.append(
            "Not ranked: fewer than two rows have validation scores, and ranking by test scores would choose on the "
            "test partition. `-S finetune.validation=subjects` gives them."
        )
    lost = [outcome.experiment.name for row in rows for outcome in row.outcomes if not outcome.intervals]
    if lost:
        found.append(f"Without intervals, for DVC's cache has no results of it: {', '.join(lost)}.")
    for wanted in dict.fromkeys(state for row in rows for _, state in row.states):
        names = [name for row in rows for name, state in row.states if state == wanted]
        found.append(f"{wanted.capitalize()}: {', '.join(names)}.")
    return found


def told(found: Spread | None) -> str:
    """A figure with its interval or spread.

    >>> told(Spread(7.9, 7.0, 8.8)), told(Spread(7.9, deviation=0.25)), told(None)
    ('7.90 (7.00 to 8.80)', '7.90 ± 0.25', '')
    """
    if found is None:
        return ""
    if found.deviation is not None:
        return f"{found.value:.2f} ± {found.deviation:.2f}"
    return format_interval(Interval(found.value, found.low, found.high))


def told_interval(found: object) -> str:
    """A figure of `intervals` as `told` shows it; empty for None."""
    return told(Spread(found.value, found.low, found.high)) if isinstance(found, Interval) else ""


def _labels(rows: Sequence[Row]) -> tuple[str, list[str]]:
    """The heading and the cells of the first column: a key by itself where rows differ in nothing else."""
    split = [row.label.partition(" ") for row in rows]
    keys = {key for key, _, _ in split}
    if len(keys) == 1 and "." in min(keys) and not any("," in row.label for row in rows):
        return min(keys), [value for _, _, value in split]
    return "", [row.label for row in rows]


def _size(row: Row, key: str, unit: float, sign: str) -> str:
    return f"{row.cost[key] / unit:.3f} {sign}" if key in row.cost else ""


def _experiments(row: Row) -> str:
    names = [outcome.experiment.name for outcome in row.outcomes]
    missing = row.wanted - len(names)
    return ", ".join([*names, *([f"{missing} not finished"] if missing else [])])


def _column(figure: str, part: str, of: str) -> str:
    return "_".join([figure, *(name for name in (part, of) if name not in ("all", "model"))])


def _cell(value: float | None) -> str:
    return "" if value is None else f"{value:.4f}"


def _line(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
