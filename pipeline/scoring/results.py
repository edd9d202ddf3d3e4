"""The tables and pictures that an evaluation leaves."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.scoring.baselines import Baseline
from pipeline.scoring.confusion import count_bands, write_confusion, write_confusion_figure
from pipeline.scoring.estimates import Estimates
from pipeline.scoring.plot_curves import choose, write_curves
from pipeline.scoring.plot_error import write_error_figure
from pipeline.scoring.plot_scatter import write_figure5
from pipeline.scoring.predictions import write_clips, write_predictions
from pipeline.scoring.summary import Summary, write_intervals
from pipeline.zarr_store import read_attributes


def write_results(
    folder: Path, tested: Estimates, known: Baseline, summaries: Sequence[Summary], sequences: Path, length: int
) -> None:
    """Write everything but metrics and conformal intervals.

    Args:
        folder: an existing one.
        tested: the recordings with their estimates.
        known: whose constant pictures show.
        summaries: the first one of all videos; none where no video has a score.
        sequences: the folder of the recordings' sequences, which know their rates.
        length: frames of a clip.
    """
    predictions, constant = tested.predictions, known.constant
    whole = summaries[0] if summaries else None
    write_predictions(folder, predictions)
    write_clips(folder / "clips.csv", tested.videos)
    write_intervals(folder / "intervals.csv", summaries)
    counts = count_bands(predictions)
    write_confusion(folder / "confusion.csv", counts)
    write_confusion_figure(folder / "confusion.png", counts, whole)
    write_figure5(folder / "figure5.png", predictions, constant, whole)
    write_error_figure(folder / "error.png", predictions, constant, whole)
    chosen = choose(predictions)
    names = [item.recording for items in chosen.values() for item in items]
    rates = {name: float(read_attributes(sequences / name)["fps"]) for name in names}
    write_curves(folder / "curves.png", chosen, tested.videos, rates, length)
