"""Evaluate the fitted estimator on the test partition, beside estimators of labels alone, with intervals over subjects.

Reads data/sequences (and data/aligned if estimator.source says so), both label files, models/finetuned and the
estimates of stage baselines. Writes metrics.json, and in results the estimates of videos (also of those without a
score) and of their spans, all metrics with intervals, the confusion of severity bands, conformal intervals if
recordings were held out for validation, measures at corpus.cut if there is one, the flow of recordings, and figures.
"""

from pathlib import Path

from pipeline.data.clips.geometry import check_geometry
from pipeline.data.frame_order import FrameOrder
from pipeline.data.split import split_labels
from pipeline.device import select_device
from pipeline.estimators.features import StoredFeatures, source_folders
from pipeline.estimators.labels_alone import fit_label_estimators
from pipeline.estimators.protocol import PredictContext
from pipeline.estimators.registry import chosen_module, load_model
from pipeline.estimators.stored_estimates import StoredEstimates
from pipeline.models.model_folder import check_scale
from pipeline.params.whole import Params
from pipeline.records.baseline_estimates import read_baseline_estimates
from pipeline.records.estimates import VideoEstimate
from pipeline.records.labels import read_labels
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.output_checksums import item_folders
from pipeline.runtime.stage import run_stage
from pipeline.scoring.baselines import warn_about_baselines
from pipeline.scoring.conformal import calibrate, write_conformal
from pipeline.scoring.cut import cut_metrics, measures_at, write_cut
from pipeline.scoring.estimate_recordings import estimate_recordings
from pipeline.scoring.flow import count_flow, write_flow
from pipeline.scoring.missing import count_missing, warn_about_missing
from pipeline.scoring.results import write_results
from pipeline.scoring.subgroups import subgroups_of
from pipeline.scoring.summary import summarise, write_metrics
from pipeline.severity.scale import scale_of


def main(
    params: Params,
    sequences: Path,
    aligned: Path,
    labels_fitting: Path,
    labels_testing: Path,
    finetuned: Path,
    baselines: Path,
    metrics: Path,
    results: Path,
) -> None:
    """Run the stage."""
    settings, finetune = params.evaluate, params.finetune
    model = load_model(finetuned)
    scale, cut = scale_of(params.corpus.scale), params.corpus.cut
    check_scale(finetuned, model.folder.scale, scale)
    absent = model.folder.input_spec.absent
    fitting, testing = read_labels(labels_fitting), read_labels(labels_testing)
    split = split_labels(fitting, finetune.validation, finetune.held_out, finetune.seed)
    validation = split.validated
    labels_alone = fit_label_estimators(split.fitted, split.validated)
    test_or_unscored = [*testing, *(label for label in fitting if label.score is None)]
    listed = {label.recording for label in (*test_or_unscored, *validation)}
    recordings = [folder for folder in item_folders(sequences) if folder.name in listed]
    features = StoredFeatures(source_folders(params.estimator.source, sequences, aligned))
    features.digests(recordings)  # finds damage
    check_geometry(finetuned, model.folder.input_spec, recordings)
    device, order = select_device(), FrameOrder(model.folder.tested_order(settings.order), settings.seed)
    kept = StoredEstimates.of_model(model, features, settings.phases, device, order)
    context = PredictContext(absent, features, settings.phases, device, order, "estimating", kept)

    def estimate(recordings: list[Path]) -> list[VideoEstimate]:
        return model.estimator.predict(recordings, context)

    estimates = estimate_recordings(test_or_unscored, sequences, absent, labels_alone, estimate)
    validated = [
        item
        for item in estimate_recordings(validation, sequences, absent, labels_alone, estimate).predictions
        if item.clips
    ]
    warn_about_missing(estimates.predictions, estimates.missing, model.folder.span_length, absent)
    without_behaviour = read_baseline_estimates(
        baselines / "estimates.csv", [item.recording for item in estimates.predictions]
    )
    subgroups = subgroups_of(estimates.predictions, labels_alone, without_behaviour)
    summaries = summarise(subgroups, scale)
    warn_about_baselines(summaries)
    at_cut = [] if cut is None else measures_at(subgroups, cut)
    with atomic_folder(results) as folder:
        flow = count_flow([*fitting, *testing], split, sequences, model.folder.span_length, absent)
        write_flow(folder / "flow.csv", flow)
        write_results(folder, estimates, labels_alone.reference, subgroups, summaries, sequences, scale)
        if cut is not None:
            write_cut(folder / "cut.csv", at_cut, cut)
        if validated:
            met = {label.subject for label in split.fitted}
            intervals = calibrate(validated, estimates.predictions, met, settings.seed)
            write_conformal(folder / "conformal.csv", intervals)
    missing = count_missing(estimates.predictions, estimates.missing)
    control = "; ".join(model.folder.tested_controls(settings.order))
    write_metrics(metrics, summaries, validated, missing, control, None if cut is None else cut_metrics(at_cut, cut))


if __name__ == "__main__":
    run_stage(main, imported_by_name=chosen_module)
