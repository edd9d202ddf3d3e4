"""Align the faces of the identity images for pretraining.

Reads the list `identities.list`, the images that it names below `identities.root` and, if they are published beside
it, their landmarks. Writes groups of 1,024 images, an index with the class of each image, and the names of the classes.
"""

import logging
from pathlib import Path

import numpy as np

from pipeline.artifacts.hashing import file_digests
from pipeline.faces.face_crop import ORIGINS, CropSettings
from pipeline.faces.placement import network_placement
from pipeline.identities.face_images import FaceImage, align_images
from pipeline.identities.image_list import ImageListError, list_identities, read_landmarks, read_list
from pipeline.items import Item, make_items
from pipeline.parallel.workers import map_items
from pipeline.params.whole import Params
from pipeline.runtime.atomic import atomic_folder
from pipeline.runtime.stage import run_stage
from pipeline.zarr_store import MAPPED, SHARD, GroupWriter, read_array

logger = logging.getLogger(__name__)
ALIGN_KEYS = ("method", "size", "min_face", "thresholds", "margin")  # keys of the section align that apply here


def main(params: Params, identities: Path) -> None:
    """Run the stage."""
    identity_list, root = Path(params.identities.list), Path(params.identities.root)
    entries = read_list(identity_list)
    if missing := [entry for entry in entries if not (root / entry).is_file()]:
        raise ImageListError(f"{identity_list}: {len(missing)} images are not below {root}: {', '.join(missing[:20])}")
    landmarks = (read_landmarks(identity_list) if params.identities.landmarks == "published" else None) or {}
    align = {name: getattr(params.align, name) for name in ALIGN_KEYS}
    placement = network_placement()
    settings = CropSettings.from_params(params.align, str(placement.device))
    portraits = [FaceImage((root / e).resolve(), landmarks.get(e.rpartition(".")[0])) for e in entries]
    parts = [portraits[start : start + SHARD] for start in range(0, len(portraits), SHARD)]
    hashes = map_items(file_digests, [[portrait.path for portrait in part] for part in parts], "checking images")
    items = []
    for number, (part, images) in enumerate(zip(parts, hashes, strict=True)):
        points = [None if p.landmarks is None else p.landmarks.tolist() for p in part]
        source = {"images": images, "landmarks": points, "align": align, "device": placement.device.type}
        items.append(Item(f"{number:05d}", source, (part, settings), work=len(part)))
    with atomic_folder(identities) as output:
        make_items("identities", align_images, items, output, "aligning identities", "groups", "images", placement)
        write_index(output, entries, np.concatenate([read_array(output / item.name, "origin") for item in items]))


def write_index(output: Path, entries: list[str], origin: np.ndarray) -> None:
    """Write the class of every image, whether it shows a face, and the names of the classes."""
    classes = list_identities(entries)
    labels = {name: label for label, name in enumerate(classes)}
    present = (origin != ORIGINS["absent"]).astype(np.uint8)
    with GroupWriter(output / "index", MAPPED) as group:
        group.append("label", np.array([labels[entry.split("/")[0]] for entry in entries], np.int32))
        group.append("present", present)
    (output / "classes.txt").write_text("".join(f"{name}\n" for name in classes), encoding="utf-8")
    if absent := len(present) - int(present.sum()):
        logger.warning("%d of %d images show no face; training skips them", absent, len(present))


if __name__ == "__main__":
    run_stage(main)
