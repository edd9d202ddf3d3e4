"""Checks whether a model belongs to params.yaml: it must have been fitted to faces of the same geometry."""

from pipeline.data.clips.geometry import GeometryMismatchError
from pipeline.estimators.registry import FittedModel
from pipeline.models.preprocessing import Preprocessing, differences
from pipeline.params.whole import Params

NETWORK_KEYS = ("mean", "scale")  # keys of `model` that shape a network's input


def check_model_agrees(model: FittedModel, params: Params) -> None:
    """Check that a model was fitted to faces of the geometry that params.yaml describes.

    Raises:
        GeometryMismatchError: naming every key that differs; the model was fitted before params.yaml changed.
    """
    preprocessing = Preprocessing(params.decode.fps, params.align, params.subsample)
    folder = model.folder
    fitted = {"estimator.name": folder.name, "span": folder.span_length, **folder.input_spec.preprocessing.geometry}
    current = {
        "estimator.name": params.estimator.name,
        "span": type(model.estimator).span_length(params.clip),
        **preprocessing.geometry,
    }
    network = params.model.model_dump(mode="json")
    for name in NETWORK_KEYS if folder.network else ():
        fitted[f"model.{name}"], current[f"model.{name}"] = folder.network[name], network[name]
    if mismatches := differences(fitted, current):
        raise GeometryMismatchError(
            f"{model.path}: made for another geometry than that of params.yaml: {', '.join(mismatches)}; bring it up "
            f"to date with `dvc repro finetune`, or use it as it is with --model {model.path}"
        )
