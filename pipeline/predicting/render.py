"""What is told of estimated videos: a table for people, one JSON object for programs."""

import json
import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from pipeline.models.description import Description
from pipeline.name_list import list_names
from pipeline.predicting.estimate import Estimate, Failure, Span
from pipeline.predicting.figure import clock
from pipeline.predicting.notice import NOTICE
from pipeline.records.labels import HIGHEST_SCORE, LOWEST_SCORE

BARS = "▁▂▃▄▅▆▇█"
NOWHERE = "·"  # where no clip lies
LONGEST_CURVE = 16  # letters
MOST_NAMED = 8  # videos beside one note
COLOURS = {"minimal": "green", "mild": "yellow", "moderate": "dark_orange", "severe": "red"}


def succeeded(found: Sequence[Estimate | Failure]) -> bool:
    """Whether every video has an estimate."""
    return all(isinstance(item, Estimate) and item.score is not None for item in found)


def to_json(found: Sequence[Estimate | Failure], model: Path, digest: str, description: Description) -> str:
    """All of it as one JSON object."""
    footage = description.footage
    about = {
        "folder": str(model),
        "sha256": digest,
        **description.model.model_dump(mode="json"),
        "clip": description.clip,
        "footage": footage and footage.to_json(),
    }
    told = {"notice": NOTICE, "model": about, "videos": [_as_json(item) for item in found]}
    return json.dumps(told, indent=2, allow_nan=False)


def to_table(found: Sequence[Estimate | Failure]) -> Group:
    """A table of the estimates, what must be known of them, and the videos without one by name and reason."""
    table = Table(caption=NOTICE, caption_justify="left", caption_style="dim", expand=False)
    table.add_column("Video", overflow="fold")
    for name in ("Length", "Face", "Clips"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Over time", no_wrap=True)
    table.add_column("Estimate", justify="right", no_wrap=True)
    table.add_column("Band", no_wrap=True)
    failed, noted = defaultdict(list), defaultdict(list)
    for item in found:
        if isinstance(item, Failure):
            failed[item.reason].append(item.video.name)
            continue
        score, band = ("none", "") if item.score is None else (f"{item.score:.1f}", item.band or "")
        facts = [clock(item.seconds, item.seconds < 10), f"{100 * item.coverage:.0f} %", str(len(item.spans))]
        table.add_row(
            item.video.name, *facts, curve(item.spans, item.seconds), score, Text(band, COLOURS.get(band, ""))
        )
        if item.missing:
            failed[item.missing].append(item.video.name)
        for note in item.notes:
            noted[note].append(item.video.name)
    lines = [_named(f"not estimated: {reason}", names, "red") for reason, names in failed.items()]
    lines += [_named(note, names, "yellow") for note, names in noted.items()]
    return Group(*([table] if table.rows else [Text(NOTICE, "dim")]), *lines)


def _named(told: str, names: Sequence[str], style: str) -> Text:
    """What is told, and the videos that it is told of."""
    return Text.assemble((told, style), f"\n  {list_names(names, MOST_NAMED)}")


def show(console: Console, found: Sequence[Estimate | Failure]) -> None:
    """Print the table."""
    console.print(to_table(found))


def curve(spans: Sequence[Span], seconds: float) -> str:
    """The estimates over a video's time in letters as high as they are, from 0 to 63.

    >>> curve([Span(0, 2, 0, 8, 1.0), Span(4, 6, 0, 8, 62.0)], 6)
    '▁·█'
    """
    if not spans or not seconds:
        return NOWHERE
    letters = min(LONGEST_CURVE, math.ceil(seconds / max(spans[0].end - spans[0].start, 1e-3)))
    drawn = ""
    for number in range(letters):
        middle = (number + 0.5) * seconds / letters
        here = [span.estimate for span in spans if span.start <= middle < span.end]
        share = (sum(here) / len(here) - LOWEST_SCORE) / (HIGHEST_SCORE - LOWEST_SCORE) if here else 0.0
        drawn += BARS[min(max(int(share * len(BARS)), 0), len(BARS) - 1)] if here else NOWHERE
    return drawn


def _as_json(item: Estimate | Failure) -> dict[str, Any]:
    if isinstance(item, Failure):
        return {"video": str(item.video), "estimate": None, "band": None, "error": item.reason}
    return {
        "video": str(item.video),
        "estimate": None if item.score is None else round(item.score, 4),
        "band": item.band,
        "error": item.missing,
        "notes": list(item.notes),
        "seconds": round(item.seconds, 3),
        "frames": item.frames,
        "coverage": round(item.coverage, 4),
        "frames_per_second": item.native,
        "faces_per_second": round(item.rate, 4),
        "clips": [
            {
                "start": round(span.start, 3),
                "end": round(span.end, 3),
                "phase": span.phase,
                "weight": span.weight,
                "estimate": round(span.estimate, 4),
            }
            for span in item.spans
        ],
    }
