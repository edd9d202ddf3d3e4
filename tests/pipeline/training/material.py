"""Small sequences and identities on disk, in the format of the earlier stages, and the smallest settings."""

import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from torch import Tensor

from pipeline.data.frame_order import FrameOrder
from pipeline.data.seeding import Purpose, torch_seed
from pipeline.finetuning.finetuning import Finetuning
from pipeline.models.description import Description
from pipeline.models.files import add_to_description
from pipeline.models.input_spec import InputSpec
from pipeline.models.model_folder import ModelFolder
from pipeline.models.preprocessing import Preprocessing
from pipeline.models.weights import save_weights
from pipeline.nets.build import build
from pipeline.nets.heads import Regression
from pipeline.params.faces import Align, Subsample
from pipeline.params.network import Clip, Model
from pipeline.params.training import Augment, Finetune, Pretrain
from pipeline.runtime.output_checksums import complete_checksums
from pipeline.score_networks.network_task import NetworkTask
from pipeline.score_networks.objectives import fit_target
from pipeline.zarr_store import MAPPED, GroupWriter

SIZE = 32
ORIGIN_CODES = {"absent": 0, "detected": 1, "refined": 2, "interpolated": 3}

CLIP = Clip(length=8, absent="skip", order="recorded")
ALIGN = Align(
    method="similarity",
    size=SIZE,
    detector="sparse",
    max_gap=4,
    survey_step=0.5,
    min_face=32,
    thresholds=(0.6, 0.7, 0.7),
    margin=0.2,
)
PREPROCESSING = Preprocessing(None, ALIGN, Subsample(factor=2, phases=2))
INPUT_SPEC = InputSpec(PREPROCESSING, "skip", (3.75, 3.75, 3.75))
MODEL = Model(
    name="msn",
    depth=27,
    kernels=(3, 5, 7),
    width=0.03125,
    dropout=0.5,
    batch_norm_momentum=0.1,
    mean=(131.0912, 103.8827, 91.4953),
    scale=0.0078125,
)
PRETRAIN = Pretrain(
    source="train",
    epochs=2,
    batch=4,
    accumulate=1,
    sync_batch_norm=False,
    learning_rate=0.01,
    momentum=0.9,
    weight_decay=0.0001,
    decay_every=10,
    decay_factor=0.1,
    flip=0.5,
    held_out=0.25,
    precision="32-true",
    seed=1,
)
FINETUNE = Finetune(
    epochs=2,
    steps=4,
    batch=2,
    accumulate=1,
    sync_batch_norm=False,
    learning_rate=0.001,
    decay=0.01,
    averaging=0.5,
    standardise=True,
    augment=Augment(flip=0.25, rotate=0.25, upside_down=0.25, degrees=30, angle="uniform", fill="edge"),
    validation="none",
    held_out=0.25,
    precision="32-true",
    seed=1,
)


def task(
    fitted: Sequence[tuple[Path, float]],
    validated: Sequence[tuple[Path, float]] = (),
    clip: Clip = CLIP,
    model: Model = MODEL,
    settings: Finetune = FINETUNE,
) -> NetworkTask:
    """Return what a clip network is fine-tuned on: (folder of the sequence, score) of each recording."""
    network = build(model, Regression(), torch_seed(settings.seed, Purpose.WEIGHTS))
    target = fit_target([score for _, score in fitted], settings.standardise)
    description = Description(model, Regression(), clip.length, target)
    order = FrameOrder(clip.order, settings.seed)
    return NetworkTask(network, description, fitted, validated, clip.absent, order)


def finetuning(
    fitted: Sequence[tuple[Path, float]],
    validated: Sequence[tuple[Path, float]] = (),
    clip: Clip = CLIP,
    model: Model = MODEL,
    settings: Finetune = FINETUNE,
) -> Finetuning:
    """Return the fine-tuning of a clip network; see `task`."""
    return Finetuning(task(fitted, validated, clip, model, settings), settings)


def save_model(
    folder: Path, weights: Mapping[str, Tensor], description: Description, input_spec: InputSpec = INPUT_SPEC
) -> Path:
    """Write a model folder as stage finetune does for a clip network; return it."""
    folder.mkdir(parents=True, exist_ok=True)
    save_weights(folder, weights, description)
    add_to_description(folder, ModelFolder("clip_network", {}, description.clip or 0, input_spec).to_json())
    return folder


def write_sequence(
    folder: Path,
    phases: Sequence[int],
    absent: bool | Sequence[int] = False,
    seed: int = 0,
    preprocessing: Preprocessing = PREPROCESSING,
    breaks: Sequence[int] = (),
    faces: np.ndarray | None = None,
) -> Path:
    """Write a recording's sequence; return its folder.

    Args:
        folder: of the sequence.
        phases: the number of frames in each phase.
        absent: rows without a face, which are black; True for all.
        seed: of the faces.
        preprocessing: written to the attributes.
        breaks: rows that no clip contains together with the row before.
        faces: of all phases; by default random ones.
    """
    count = sum(phases)
    origin = np.ones(count, np.uint8)
    origin[slice(None) if absent is True else list(absent or [])] = 0
    with GroupWriter(folder, MAPPED) as group:
        if faces is None:
            faces = np.random.default_rng(seed).integers(0, 256, (count, SIZE, SIZE, 3), dtype=np.uint8)
        group.append("faces", np.where(origin[:, None, None, None], faces, np.uint8(0)))
        group.append("origin", origin)
        group.append("frame", np.arange(count, dtype=np.int32))
        group.attributes |= {
            "phase_starts": [0, *np.cumsum(phases).tolist()],
            "breaks": list(breaks),
            "origin_codes": ORIGIN_CODES,
            "fps": 3.75,
        }
        group.attributes["preprocessing"] = preprocessing.to_json()
    return folder


def write_identities(folder: Path, images: Sequence[int], absent: Sequence[int] = (), shard: int = 1024) -> Path:
    """Write identities of different brightness; return their folder.

    Args:
        folder: to create.
        images: the number of images of each identity.
        absent: the numbers of the images without a face, counted over all identities.
        shard: images per Zarr group.
    """
    labels = np.repeat(np.arange(len(images)), images).astype(np.int32)
    present = np.ones(len(labels), np.uint8)
    present[list(absent)] = 0
    noise = np.random.default_rng(0).integers(0, 40, (len(labels), SIZE, SIZE, 3), dtype=np.uint8)
    faces = noise + (labels * 200 // max(len(images), 1)).astype(np.uint8)[:, None, None, None]
    folder.mkdir(parents=True)
    for number, start in enumerate(range(0, len(labels), shard)):
        with GroupWriter(folder / f"{number:05d}", MAPPED) as group:
            group.append("faces", faces[start : start + shard])
            group.append("origin", present[start : start + shard])
            group.attributes["origin_codes"] = {"absent": 0, "detected": 1, "published": 4}
    with GroupWriter(folder / "index", MAPPED) as group:
        group.append("label", labels)
        group.append("present", present)
    (folder / "classes.txt").write_text("".join(f"n{number:06d}\n" for number in range(len(images))))
    return folder


def write_checksums_of(output: Path) -> None:
    """Write the checksums of an output, as the stage that makes it does."""
    complete_checksums(output)


def overwrite_a_byte(path: Path) -> None:
    """Change the last byte of a file in place, and keep its times."""
    times = path.stat()
    with path.open("r+b") as stream:
        stream.seek(-1, os.SEEK_END)
        (byte,) = stream.read(1)
        stream.seek(-1, os.SEEK_END)
        stream.write(bytes([byte ^ 1]))
    os.utime(path, ns=(times.st_atime_ns, times.st_mtime_ns))
