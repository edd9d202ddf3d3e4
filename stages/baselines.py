"""Baselines: estimate from what shows no behaviour, fitted to the recordings that the model is fitted to.

Reads the list of recordings, the outputs of decode and align, and the labels for fitting (never those for testing).
Writes the estimates of all recordings that were not fitted, the measures that they come from, and their weights.
"""

from pathlib import Path

from pipeline.artifacts.verified_outputs import remembered_digests
from pipeline.baselines.estimates import estimate_baselines
from pipeline.baselines.recording_view import view_recording
from pipeline.baselines.tables import write_measures, write_weights
from pipeline.data.split import split_labels
from pipeline.parallel.workers import map_items
from pipeline.params.whole import Params
from pipeline.records.baseline_estimates import write_baseline_estimates
from pipeline.records.labels import read_labels
from pipeline.records.recordings import read_recordings
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.output_checksums import item_folders, verified_digest
from pipeline.runtime.stage import run_stage


def main(params: Params, recordings: Path, decoded: Path, aligned: Path, labels_fitting: Path, baselines: Path) -> None:
    """Run the stage."""
    settings, finetune = params.baselines, params.finetune
    decoded, aligned = decoded.resolve(), aligned.resolve()  # absolute, because workers may run in another folder
    folders = item_folders(aligned)  # align leaves out broken recordings
    names = {folder.name for folder in folders}
    inputs = [*folders, *(decoded / name for name in sorted(names))]
    remembered_digests(inputs, lambda changed: map_items(verified_digest, changed, "checking recordings"))  # damage
    whole = [item for item in read_recordings(recordings) if item.recording in names]
    views = map_items(view_recording, whole, "viewing recordings", aligned, decoded, settings.window, settings.grid)
    split = split_labels(read_labels(labels_fitting), finetune.validation, finetune.held_out, finetune.seed)
    fitted = estimate_baselines(views, split.fitted, settings)
    with atomic_folder(baselines) as folder:
        write_baseline_estimates(folder / "estimates.csv", fitted.estimates)
        write_measures(folder / "measures.csv", views)
        write_weights(folder / "weights.csv", fitted.weights)


if __name__ == "__main__":
    run_stage(main)
