"""Explain: show on which places of a face the estimate rests, for one recording of each severity band (figure 6).

Reads the list of recordings, data/sequences, the predictions that evaluate wrote and models/finetuned. Writes
figure6.png, and for each band a Zarr group with the clip and the relevance of all its places. All of it shows people.
"""

from collections.abc import Iterable
from pathlib import Path

from pipeline.data.clips.face_sequence import open_sequence
from pipeline.data.clips.input_spec import check_geometry
from pipeline.device import select_device
from pipeline.models.weights import load_network
from pipeline.params import Params
from pipeline.records.recordings import read_recordings
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.stage import run_stage
from pipeline.saliency.choice import choose, read_scored
from pipeline.saliency.explain import explain
from pipeline.saliency.explanation import write_explanation
from pipeline.saliency.figure import Column, write_figure6


def main(params: Params, recordings: Path, sequences: Path, predictions: Path, finetuned: Path, saliency: Path) -> None:
    """Run the stage."""
    clip, stage = params.clip, params.explain.stage
    network, description = load_network(finetuned)
    chosen = choose(read_scored(predictions))
    check_geometry(finetuned, description, [sequences / item.recording for item in chosen.values()], clip)
    opaque = _opaque_ids(recordings, predictions, [item.recording for item in chosen.values()])
    place = select_device()
    network.to(place)
    explanations = {}
    for band, scored in chosen.items():
        sequence = open_sequence(sequences / scored.recording, clip.absent)
        name = opaque[scored.recording]
        explanations[band] = explain(network, description, sequence, scored, name, clip, stage, place)
    with atomic_folder(saliency) as folder:
        for band, explanation in explanations.items():
            write_explanation(folder / band, explanation)
        write_figure6(folder / "figure6.png", [Column("", explanations)])


def _opaque_ids(recordings: Path, predictions: Path, wanted: Iterable[str]) -> dict[str, str]:
    """The ids that say nothing of who is seen.

    Raises:
        ValueError: naming the recordings that are not listed.
    """
    ids = {item.recording: item.opaque for item in read_recordings(recordings)}
    if unknown := sorted(set(wanted) - ids.keys()):
        raise ValueError(f"{predictions}: {', '.join(unknown)}: not in {recordings}; run evaluate again")
    return ids


if __name__ == "__main__":
    run_stage(main)
