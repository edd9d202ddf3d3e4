"""Checks whether a model can be applied to videos: it must describe the preprocessing of its fitted recordings."""

from pathlib import Path

from pipeline.data.clips.geometry import GeometryMismatchError
from pipeline.models.description import Description
from pipeline.models.input_spec import InputSpec
from pipeline.models.preprocessing import Preprocessing, differences
from pipeline.models.weights import WeightsError
from pipeline.params import Params


def input_spec_and_clip(folder: Path, description: Description) -> tuple[InputSpec, int]:
    """Return the input specification of a model and the number of frames in its clips.

    Raises:
        WeightsError: if the model estimates no scores, or its description lacks one of the two.
    """
    if description.target is None:
        raise WeightsError(f"{folder}: these weights estimate no score; allowed: a model folder of stage finetune")
    if description.input_spec is None or description.clip is None:
        raise WeightsError(
            f"{folder}: does not say which faces it was fitted to (decode, align, subsample, clip), so no video can be "
            "prepared for it; fit it again with `dvc repro finetune`"
        )
    return description.input_spec, description.clip


def check_model_agrees(folder: Path, description: Description, params: Params) -> None:
    """Check that a model was fitted to faces of the geometry that params.yaml describes.

    Raises:
        GeometryMismatchError: naming every key that differs; the model was fitted before params.yaml changed.
    """
    input_spec, length = input_spec_and_clip(folder, description)
    preprocessing = Preprocessing(params.decode.fps, params.align, params.subsample)
    fitted = {"clip.length": length, **input_spec.preprocessing.geometry}
    current = {"clip.length": params.clip.length, **preprocessing.geometry}
    for key in ("mean", "scale"):
        fitted[f"model.{key}"], current[f"model.{key}"] = getattr(description.model, key), getattr(params.model, key)
    if mismatches := differences(fitted, current):
        raise GeometryMismatchError(
            f"{folder}: made for another geometry than that of params.yaml: {', '.join(mismatches)}; bring it up to "
            f"date with `dvc repro finetune`, or use it as it is with --model {folder}"
        )
