"""The output of `msn predict`: a table for people, or one JSON object for programs."""

import json
import math
from collections import defaultdict
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console, Group
from rich.table import Table
from rich.text import Text

from pipeline.models.model_folder import ModelFolder
from pipeline.name_list import list_names
from pipeline.predicting.estimate import Estimate, Failure, Span
from pipeline.predicting.figure import clock
from pipeline.predicting.notice import notice
from pipeline.runtime.visible import visible, visible_lines
from pipeline.severity.scale import SeverityScale

BARS = "▁▂▃▄▅▆▇█"
NO_SPAN = "·"  # where no span lies
MAX_CURVE = 16  # characters
MAX_NAMES = 8  # videos named beside one note
COLOURS = ("green", "yellow", "dark_orange", "red")  # from the lowest band to the highest


def succeeded(results: Sequence[Estimate | Failure]) -> bool:
    """Whether every video has an estimate, and every file that was asked for was written."""
    return all(isinstance(item, Estimate) and item.score is not None and not item.unwritten for item in results)


def to_json(results: Sequence[Estimate | Failure], model: Path, digest: str, folder: ModelFolder) -> str:
    """Return the notice, the model and all results as one JSON object.

    Args:
        results: of the videos.
        model: the model folder.
        digest: SHA-256 of its weights.
        folder: what the model folder says of itself.
    """
    model_json = {"folder": str(model), "sha256": digest, **folder.network, **folder.to_json()}
    content = {"notice": notice(folder.scale), "model": model_json, "videos": [_result_json(item) for item in results]}
    return json.dumps(content, indent=2, allow_nan=False)


def to_table(results: Sequence[Estimate | Failure], scale: SeverityScale) -> Group:
    """Return a table of the estimates, followed by their notes and by the videos without an estimate, with reasons."""
    table = Table(caption=notice(scale), caption_justify="left", caption_style="dim", expand=False)
    table.add_column("Video", overflow="fold")
    for name in ("Length", "Face", "Spans"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("Over time", no_wrap=True)
    table.add_column("Estimate", justify="right", no_wrap=True)
    table.add_column("Band", no_wrap=True)
    failures, notes, unwritten = defaultdict(list), defaultdict(list), defaultdict(list)
    for item in results:
        if isinstance(item, Failure):
            failures[item.reason].append(visible(item.video.name))
            continue
        score, mark = ("none", "") if item.score is None else (f"{item.score:.1f}", item.mark or "")
        cells = [clock(item.seconds, item.seconds < 10), f"{100 * item.coverage:.0f} %", str(len(item.spans))]
        name = visible(item.video.name)
        curves = curve(item.spans, item.seconds, scale)
        table.add_row(Text(name), *cells, curves, score, Text(mark, _colour(mark, scale)))
        if item.missing:
            failures[item.missing].append(name)
        for note in item.notes:
            notes[note].append(name)
        for message in item.unwritten:
            unwritten[message].append(name)
    lines = [_message(f"not estimated: {reason}", names, "red") for reason, names in failures.items()]
    lines += [_message(f"not written: {message}", names, "red") for message, names in unwritten.items()]
    lines += [_message(note, names, "yellow") for note, names in notes.items()]
    return Group(*([table] if table.rows else [Text(notice(scale), "dim")]), *lines)


def _message(text: str, names: Sequence[str], style: str) -> Text:
    """Return a message and, on the next line, the videos to which it applies."""
    return Text.assemble((visible_lines(text), style), f"\n  {list_names(names, MAX_NAMES)}")


def show(console: Console, results: Sequence[Estimate | Failure], scale: SeverityScale) -> None:
    """Print the table of estimates on a scale."""
    console.print(to_table(results, scale))


def _colour(band: str, scale: SeverityScale) -> str:
    """Return the colour of a band by its place among those of the scale; none for the empty name."""
    names = [item.name for item in scale.bands]
    return COLOURS[names.index(band) * (len(COLOURS) - 1) // (len(names) - 1)] if band in names else ""


def curve(spans: Sequence[Span], seconds: float, scale: SeverityScale) -> str:
    """Draw the estimates over the time of a video as a line of bars; the highest bar stands for the highest score.

    A bar stands for the spans in the middle of its time; where there is none, for those that have their middle there.

    Examples:
        >>> from pipeline.severity.scale import scale_of
        >>> curve([Span(0, 2, 0, 8, 1.0), Span(4, 6, 0, 8, 62.0)], 6, scale_of("bdi-ii"))
        '▁·█'
        >>> curve([Span(0, 4, 0, 8, 1.0), Span(600, 604, 0, 8, 26.0)], 604, scale_of("phq-9"))
        '▁··············█'
    """
    if not spans or not seconds:
        return NO_SPAN
    length = min(MAX_CURVE, math.ceil(seconds / max(spans[0].end - spans[0].start, 1e-3)))
    bars = ""
    for number in range(length):
        start, middle, end = ((number + part) * seconds / length for part in (0, 0.5, 1))
        estimates = [span.estimate for span in spans if span.start <= middle < span.end] or [
            span.estimate for span in spans if start <= (span.start + span.end) / 2 < end
        ]
        share = (sum(estimates) / len(estimates) - scale.lowest) / scale.width if estimates else 0.0
        bars += BARS[min(max(int(share * len(BARS)), 0), len(BARS) - 1)] if estimates else NO_SPAN
    return bars


def _result_json(item: Estimate | Failure) -> dict[str, Any]:
    if isinstance(item, Failure):
        return {"video": str(item.video), "estimate": None, "band": None, "error": item.reason}
    return {
        "video": str(item.video),
        "estimate": None if item.score is None else round(item.score, 4),
        "band": item.band,
        "demonstration": item.demonstration,
        "error": item.missing,
        "notes": [*item.notes, *(f"not written: {message}" for message in item.unwritten)],
        "seconds": round(item.seconds, 3),
        "frames": item.frames,
        "coverage": round(item.coverage, 4),
        "frames_per_second": item.native_fps,
        "faces_per_second": round(item.face_rate, 4),
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
