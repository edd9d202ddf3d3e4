"""Straighten the faces of the images that pretraining recognises.

Reads the identity list, the images it names and, where they are published beside it, their landmarks. Writes groups of
1,024 images, an index with the label of each, and the names of the classes.
"""

import logging
from pathlib import Path

import numpy as np

from pipeline.artifacts.hashing import file_digests
from pipeline.faces.face_crop import ORIGINS, CropSettings
from pipeline.faces.placement import network_placement
from pipeline.identities.face_images import FaceImage, align_images
from pipeline.identities.image_list import ImageListError, classes_of, read_landmarks, read_list
from pipeline.items import Item, make_items
from pipeline.parallel.workers import map_items
from pipeline.params import Params
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.stage import run_stage
from pipeline.zarr_store import MAPPED, SHARD, GroupWriter, read_array

logger = logging.getLogger(__name__)
READ = ("method", "size", "min_face", "thresholds", "margin")  # of the section align


def main(params: Params, identity_list: Path, root: Path, identities: Path) -> None:
    """Run the stage."""
    entries = read_list(identity_list)
    if missing := [entry for entry in entries if not (root / entry).is_file()]:
        raise ImageListError(f"{identity_list}: {len(missing)} images are not below {root}: {', '.join(missing[:20])}")
    landmarks = (read_landmarks(identity_list) if params.identities.landmarks == "published" else None) or {}
    shaped_by = {name: getattr(params.align, name) for name in READ}
    place = network_placement()
    settings = CropSettings.of(params.align, str(place.device))
    portraits = [FaceImage((root / e).resolve(), landmarks.get(e.rpartition(".")[0])) for e in entries]
    parts = [portraits[start : start + SHARD] for start in range(0, len(portraits), SHARD)]
    hashes = map_items(file_digests, [[portrait.path for portrait in part] for part in parts], "checking images")
    tasks = []
    for number, (part, images) in enumerate(zip(parts, hashes, strict=True)):
        points = [None if p.landmarks is None else p.landmarks.tolist() for p in part]
        source = {"images": images, "landmarks": points, "align": shaped_by, "device": place.device.type}
        tasks.append(Item(f"{number:05d}", source, (part, settings), work=len(part)))
    with atomic_folder(identities) as output:
        make_items("identities", align_images, tasks, output, "aligning identities", "groups", "images", place)
        write_index(output, entries, np.concatenate([read_array(output / task.name, "origin") for task in tasks]))


def write_index(output: Path, entries: list[str], origin: np.ndarray) -> None:
    """Write the label of every image, whether it shows a face, and the names of the classes."""
    classes = classes_of(entries)
    number = {name: label for label, name in enumerate(classes)}
    present = (origin != ORIGINS["absent"]).astype(np.uint8)
    with GroupWriter(output / "index", MAPPED) as group:
        group.append("label", np.array([number[entry.split("/")[0]] for entry in entries], np.int32))
        group.append("present", present)
    (output / "classes.txt").write_text("".join(f"{name}\n" for name in classes), encoding="utf-8")
    if absent := len(present) - int(present.sum()):
        logger.warning("%d of %d images show no face; training passes over them", absent, len(present))


if __name__ == "__main__":
    run_stage(main)
