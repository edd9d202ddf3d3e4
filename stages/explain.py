"""Explain: draw saliency maps of the estimate for one recording of each severity band (figure 6).

Reads the list of recordings, data/sequences, the predictions that evaluate wrote and models/finetuned. Writes
figure6.png, for each band a Zarr group with the clip and the relevance of all its pixels, all of which shows faces, and
sanity.csv: how alike the maps remain when the weights are random.
"""

import logging
from collections.abc import Iterable
from pathlib import Path

from pipeline.data.clips.face_sequence import open_sequence
from pipeline.data.clips.geometry import check_geometry
from pipeline.data.frame_order import FrameOrder
from pipeline.device import select_device
from pipeline.estimators.capabilities import Differentiable
from pipeline.estimators.registry import chosen_module, load_model
from pipeline.params.whole import Params
from pipeline.records.predictions import read_predictions
from pipeline.records.recordings import read_recordings
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.output_checksums import verified_digest
from pipeline.runtime.stage import run_stage
from pipeline.saliency.choice import choose_recordings
from pipeline.saliency.explain import explain
from pipeline.saliency.explanation import UNEXPLAINED, write_explanation
from pipeline.saliency.figure import Column, write_figure6
from pipeline.saliency.sanity import check_sanity, is_alike, mean_by_part, verdict, write_sanity

logger = logging.getLogger(__name__)


def main(params: Params, recordings: Path, sequences: Path, predictions: Path, finetuned: Path, saliency: Path) -> None:
    """Run the stage. An estimator that is no network is not explained: a text file says so."""
    model = load_model(finetuned)
    if not isinstance(model.estimator, Differentiable):
        reason = f"{model.folder.name} is no network, so no saliency map explains it"
        logger.warning(reason)
        with atomic_folder(saliency) as folder:
            (folder / UNEXPLAINED).write_text(reason + "\n", encoding="utf-8")
        return
    scale = model.folder.scale
    input_spec, stage, device = model.folder.input_spec, params.explain.stage, select_device()
    scorer = model.estimator.scorer().to(device)
    length = params.clip.length
    if scorer.frames not in (1, length):
        raise ValueError(f"{finetuned}: made for clips of {scorer.frames} frames, but clip.length is {length}")
    order = FrameOrder(input_spec.order, 0)
    chosen = choose_recordings(read_predictions(predictions), scale)
    check_geometry(finetuned, input_spec, [sequences / item.recording for item in chosen.values()])
    opaque_ids = _opaque_ids(recordings, predictions, [item.recording for item in chosen.values()])
    explanations = {}
    for band, scored in chosen.items():
        verified_digest(sequences / scored.recording)
        sequence = open_sequence(sequences / scored.recording, input_spec.absent)
        opaque_id = opaque_ids[scored.recording]
        explanations[band] = explain(scorer, sequence, scored, opaque_id, length, stage, device, scale, order)
    likenesses = check_sanity(scorer, [*explanations.values()], device)
    if likenesses:
        means = mean_by_part(likenesses)
        logger.log(logging.WARNING if is_alike(means) else logging.INFO, verdict(means))
    with atomic_folder(saliency) as folder:
        for band, explanation in explanations.items():
            write_explanation(folder / band, explanation)
        write_figure6(folder / "figure6.png", [Column("", explanations)], scale)
        if likenesses:
            write_sanity(folder / "sanity.csv", likenesses)


def _opaque_ids(recordings: Path, predictions: Path, names: Iterable[str]) -> dict[str, str]:
    """Return the opaque id, which does not reveal the subject, of every listed recording.

    Raises:
        ValueError: if some of `names`, which are ids from `predictions`, are not listed.
    """
    ids = {item.recording: item.opaque for item in read_recordings(recordings)}
    if unlisted := sorted(set(names) - ids.keys()):
        raise ValueError(f"{predictions}: {', '.join(unlisted)}: not in {recordings}; run evaluate again")
    return ids


if __name__ == "__main__":
    run_stage(main, imported_by_name=chosen_module)
