"""Bytes on disk of the outputs, the artifact store and DVC's cache together, with two orders of link types.

    python -m benchmarks.disk [--recordings 300]

Drawn recordings run through decode, align and subsample, once with reflinks before hard links in DVC's `cache.type` and
once with the order of `.dvc/config`; the second run takes the finished items from the first. A file counts once, as the
blocks of its inode, in whatever folders it has names: `together` is less than the sum of the folders where they share
files. Shared are the files of items that DVC's cache has under the same inode. Blocks that reflinks share (Btrfs, XFS)
count twice. The last line is one JSON object.
"""

import argparse
import json
import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.incremental import Project

BEFORE = "reflink,hardlink,symlink,copy"
FOLDERS = {"data": "data", "store": ".work", "cache": ".dvc/cache"}
BLOCK = 512  # bytes of a block of st_blocks

Inode = tuple[int, int]  # device, number


def main() -> None:
    """Print a line for each order of link types, then one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--recordings", type=int, default=300)
    arguments = parser.parse_args()
    results = {}
    print(f"{'cache.type':32} {'together':>9} {'data':>8} {'store':>8} {'cache':>8}  MB; shared files, shared bytes")
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder), arguments.recordings)
        project.change_params({"align": {"size": 112}, "subsample": {"phases": 2}})  # as in the demo
        configured, _ = project.run("dvc", "config", "cache.type")
        for links in (BEFORE, configured.strip()):
            _forget_outputs(project.folder)
            project.run("dvc", "config", "cache.type", links)
            project.run("dvc", "repro", "subsample")
            results[links] = result = _measure(project.folder)
            megabytes = " ".join(f"{result[name] / 1e6:8.1f}" for name in ("together", *FOLDERS))
            shares = f"{result['shared_files']:.3f} {result['shared_bytes']:.4f}"
            print(f"{links:32} {megabytes}  {shares}", flush=True)
    print(json.dumps({"recordings": arguments.recordings, "links": results}))


def _forget_outputs(project: Path) -> None:
    """Remove all that DVC knows of outputs, and replace the store by a copy that shares no file with them."""
    for name in ("data", ".dvc/cache", ".dvc/tmp"):
        shutil.rmtree(project / name, ignore_errors=True)
    (project / "dvc.lock").unlink(missing_ok=True)
    if (store := project / ".work").is_dir():
        shutil.copytree(store, project / "copy", copy_function=shutil.copyfile)
        shutil.rmtree(store)
        (project / "copy").rename(store)


def _measure(project: Path) -> dict[str, Any]:
    """Return the bytes on disk by folder, and the shares of the items' files that DVC's cache has as well."""
    blocks = {
        name: {inode: status.st_blocks for inode, status in _files(project / path)} for name, path in FOLDERS.items()
    }
    items = [item for folder in (project / ".work").glob("*/items") for item in _files(folder)]
    shared = [status.st_size for inode, status in items if inode in blocks["cache"]]
    together = blocks["data"] | blocks["store"] | blocks["cache"]
    return {
        "together": BLOCK * sum(together.values()),
        **{name: BLOCK * sum(inodes.values()) for name, inodes in blocks.items()},
        "shared_files": round(len(shared) / len(items), 4),
        "shared_bytes": round(sum(shared) / sum(status.st_size for _, status in items), 4),
    }


def _files(folder: Path) -> Iterator[tuple[Inode, os.stat_result]]:
    """Yield the inode and the status of every file below a folder."""
    for path in folder.rglob("*"):
        if path.is_file():
            status = path.stat()
            yield (status.st_dev, status.st_ino), status


if __name__ == "__main__":
    main()
