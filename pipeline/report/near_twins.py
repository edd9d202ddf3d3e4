"""Near twins in the report: pairs of recordings that look like copies of one video, by opaque ids."""

from pipeline.experiments.outcome import Outcome
from pipeline.report.blocks import Notice, Table
from pipeline.report.outputs import rows_of

NEAR_TWINS = "data/detection/near_twins.csv"
COLUMNS = ("first_opaque", "second_opaque", "first_partition", "second_partition", "similarity", "seconds")
MAX_ROWS = 20


def read_near_twins(main: Outcome) -> list[dict[str, str]] | None:
    """Return the pairs, those in different partitions first; None if the experiment has not looked for them."""
    rows = rows_of(main, NEAR_TWINS, COLUMNS)
    return None if rows is None else sorted(rows, key=lambda row: row["first_partition"] == row["second_partition"])


def near_twins_notice(main: Outcome) -> list[Notice]:
    """Return the warning at the top of the page about pairs in different partitions, if there are any."""
    pairs = read_near_twins(main) or []
    across = [row for row in pairs if row["first_partition"] != row["second_partition"]]
    if not across:
        return []
    return [
        Notice(
            "WARNING: the same video seems to be in two partitions. Pairs that look like copies, listed in the section "
            f"Subjects: {len(across)}. What was fitted may have been tested, so trust no number of this page before "
            "they are looked at."
        )
    ]


def near_twins_table(main: Outcome) -> list[Table]:
    """Return the table of pairs; without pairs it says that none was found."""
    pairs = read_near_twins(main)
    if pairs is None:
        return []
    rows = [
        [
            f"{row['first_opaque']} and {row['second_opaque']}",
            f"{row['first_partition']}, {row['second_partition']}",
            row["similarity"],
            row["seconds"],
        ]
        for row in pairs[:MAX_ROWS]
    ]
    rest = len(pairs) - MAX_ROWS
    notes = [
        "Copies are found by how brightness and movement go up and down; copies that share a few seconds are missed.",
        *([f"{rest} more pairs are in {NEAR_TWINS}."] if rest > 0 else []),
        *([] if pairs else ["No pair of recordings looks like copies of one video."]),
    ]
    headings = ["recordings", "partitions", "similarity", "seconds alike"]
    return [Table("Recordings that look like copies of one video", headings, rows, notes, "near_twins")]
