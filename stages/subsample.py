"""Subsample the aligned recordings: keep every n-th frame, stored so that a clip is one contiguous read.

Reads the aligned recordings; writes a Zarr group for each (see `pipeline.subsampling`).
"""

from pathlib import Path

from pipeline.artifacts.verified_outputs import remembered_digests
from pipeline.items import Item, make_items
from pipeline.parallel.workers import map_items
from pipeline.params.whole import Params
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.output_checksums import item_folders, verified_digest
from pipeline.runtime.stage import run_stage
from pipeline.subsampling import write_sequence
from pipeline.zarr_store import read_array


def main(params: Params, aligned: Path, sequences: Path) -> None:
    """Run the stage."""
    subsample = params.subsample
    folders = item_folders(aligned.resolve())  # absolute, because workers may run in another folder
    digests = remembered_digests(
        folders, lambda changed: map_items(verified_digest, changed, "checking aligned recordings")
    )
    items = [
        Item(
            name=folder.name,
            source={"aligned": digest, "subsample": subsample.model_dump()},
            arguments=(folder, subsample.factor, subsample.phases),
            work=len(read_array(folder, "origin")),
        )
        for folder, digest in zip(folders, digests, strict=True)
    ]
    with atomic_folder(sequences) as output:
        make_items("subsample", write_sequence, items, output, "subsampling", "recordings", "frames")


if __name__ == "__main__":
    run_stage(main)
