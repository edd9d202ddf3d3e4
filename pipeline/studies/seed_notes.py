"""What the intervals of a study's table contain: subjects alone, or the luck of training as well."""

from collections.abc import Sequence

from pipeline.comparing.repeats import PRETRAINING, SEEDS
from pipeline.studies.collect import Row


def seed_notes(rows: Sequence[Row]) -> list[str]:
    """Return sentences that say whether seeds were varied, and where the intervals take their effect from."""
    finished = [row for row in rows if row.outcomes]
    several = [row for row in finished if row.models and len(row.models.models) > 1]
    lines = []
    if any(row.has_folds for row in finished):
        lines.append("Over folds: all videos together, each estimated by the model that was not fitted to its subject.")
    without = [row for row in finished if len(row.outcomes) > 1 and row.models is None]
    if without:
        lines.append(
            "Without interval, because some estimates are not in DVC's cache, of other videos or scores, or not "
            f"finished: {', '.join(row.label for row in without)}; sd is the standard deviation between runs."
        )
    if not several:
        if finished and len(without) < len(finished):
            lines.append(
                "Seeds were not varied: the intervals do not contain the luck of training, and a difference between "
                "two rows may be one between two runs alone. `repeats` in the study's file varies them."
            )
        return lines
    varied = [key for key in SEEDS if any(row.models and key in row.models.varied for row in several)]
    lines.append(
        "With several seeds: the mean of the models, its interval over subjects and seeds together, and sd, the "
        f"standard deviation between models that differ in {' and '.join(varied) or 'other parameters'}."
    )
    if PRETRAINING not in varied:
        lines.append(f"{PRETRAINING} was not varied: the luck of pretraining is in no interval.")
    if lent := [row.label for row in finished if row.lent]:
        lines.append(f"One model, with what seeds do taken from the rows with several: {', '.join(lent)}.")
    return lines
