"""Keep every n-th aligned frame of every recording, laid out so that a clip is one contiguous read.

Reads the aligned recordings; writes a Zarr group for each (see `pipeline.sequences`).
"""

from pathlib import Path

from pipeline.params import Params
from pipeline.sequences import write_sequence
from pipeline.store import read_array
from pipeline.work.content import folder_digest
from pipeline.work.stage import fresh, run_stage
from pipeline.work.workers import Task, make_all, map_items


def main(params: Params, aligned: Path, sequences: Path) -> None:
    """Run the stage."""
    subsample = params.subsample
    folders = sorted(path for path in aligned.resolve().iterdir() if path.is_dir())  # workers may run elsewhere
    digests = map_items(folder_digest, folders, "checking aligned recordings")
    tasks = [
        Task(
            name=folder.name,
            source={"aligned": digest, "subsample": subsample.model_dump()},
            arguments=(folder, subsample.factor, subsample.phases),
            work=len(read_array(folder, "origin")),
        )
        for folder, digest in zip(folders, digests, strict=True)
    ]
    with fresh(sequences) as output:
        make_all("subsample", write_sequence, tasks, output, "subsampling", "recordings", "frames")


if __name__ == "__main__":
    run_stage(main)
