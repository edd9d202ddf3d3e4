"""Which models can be used on videos: those that say what a video must become before they are asked."""

from pathlib import Path

from pipeline.data.clips.input_spec import GeometryMismatchError
from pipeline.models.description import Description
from pipeline.models.input_spec import InputSpec
from pipeline.models.preprocessing import Preprocessing, differences
from pipeline.models.weights import WeightsError
from pipeline.params import Params


def input_spec_and_clip(folder: Path, description: Description) -> tuple[InputSpec, int]:
    """What a model was fitted to, and the frames of its clips.

    Raises:
        WeightsError: where it estimates no scores, or does not say.
    """
    if description.target is None:
        raise WeightsError(f"{folder}: these weights estimate no score; allowed: what the stage finetune wrote")
    if description.footage is None or description.clip is None:
        raise WeightsError(
            f"{folder}: does not say which faces it was fitted to (decode, align, subsample, clip), so no video can be "
            "prepared for it; fit it anew with `dvc repro finetune`"
        )
    return description.footage, description.clip


def check_model_agrees(folder: Path, description: Description, params: Params) -> None:
    """See that the model of a repository is the one that its params.yaml tells of.

    Raises:
        OtherGeometryError: naming every key that differs: the model is from before a change.
    """
    footage, length = input_spec_and_clip(folder, description)
    here = Preprocessing(params.decode.fps, params.align, params.subsample)
    found = {"clip.length": length, **footage.preprocessing.geometry}
    wanted = {"clip.length": params.clip.length, **here.geometry}
    for key in ("mean", "scale"):
        found[f"model.{key}"], wanted[f"model.{key}"] = getattr(description.model, key), getattr(params.model, key)
    if other := differences(found, wanted):
        raise GeometryMismatchError(
            f"{folder}: made for another geometry than params.yaml tells of: {', '.join(other)}; bring it up to date "
            f"with `dvc repro finetune`, or use it as it is with --model {folder}"
        )
