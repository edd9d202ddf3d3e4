"""The tables and figures of an evaluation."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.scoring.confusion import count_bands, write_confusion, write_confusion_figure
from pipeline.scoring.cutoffs import cutoff_shares, write_cutoffs
from pipeline.scoring.estimate_recordings import Estimates
from pipeline.scoring.group_differences import group_differences, write_group_differences
from pipeline.scoring.plot_agreement import write_agreement_figure
from pipeline.scoring.plot_calibration import write_calibration_figure
from pipeline.scoring.plot_curves import choose_videos, write_curves_figure
from pipeline.scoring.plot_error import write_error_figure
from pipeline.scoring.plot_scatter import write_figure5
from pipeline.scoring.prediction_tables import write_clips, write_predictions
from pipeline.scoring.subgroups import Subgroup
from pipeline.scoring.summary import Summary, write_intervals
from pipeline.severity.scale import SeverityScale
from pipeline.zarr_store import read_attributes


def write_results(
    folder: Path,
    tested: Estimates,
    constant: float,
    subgroups: Sequence[Subgroup],
    summaries: Sequence[Summary],
    sequences: Path,
    scale: SeverityScale,
) -> None:
    """Write everything except metrics.json and the conformal intervals.

    Args:
        folder: an existing folder.
        tested: the test recordings with their estimates.
        constant: the estimate of the reference, which is drawn in the figures.
        subgroups: of the test videos.
        summaries: of the subgroups; the first is of all videos; empty if no video has a score.
        sequences: the folder of the recordings' sequences, which have the frame rates.
        scale: of the scores.
    """
    predictions = tested.predictions
    overall = summaries[0] if summaries else None
    write_predictions(folder, predictions)
    write_clips(folder / "clips.csv", tested.videos)
    write_intervals(folder / "intervals.csv", summaries)
    counts = count_bands(predictions, scale)
    write_confusion(folder / "confusion.csv", counts, scale)
    write_confusion_figure(folder / "confusion.png", counts, overall, scale)
    write_figure5(folder / "figure5.png", predictions, constant, overall, scale)
    write_calibration_figure(folder / "calibration.png", predictions, overall, scale)
    write_agreement_figure(folder / "agreement.png", predictions, overall, scale)
    write_cutoffs(folder / "cutoffs.csv", cutoff_shares(subgroups, scale))
    write_group_differences(folder / "group_differences.csv", group_differences(subgroups))
    write_error_figure(folder / "error.png", predictions, constant, overall, scale)
    chosen = choose_videos(predictions, scale)
    names = [item.recording for items in chosen.values() for item in items]
    rates = {name: float(read_attributes(sequences / name)["fps"]) for name in names}
    write_curves_figure(folder / "curves.png", chosen, tested.videos, rates, scale)
