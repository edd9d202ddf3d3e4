"""Checks whether a model belongs to params.yaml: its scale, and the geometry of the faces that it was fitted to."""

from pipeline.data.clips.geometry import GeometryMismatchError
from pipeline.estimators.registry import FittedModel
from pipeline.models.model_folder import check_scale
from pipeline.models.preprocessing import Preprocessing, differences
from pipeline.params.whole import Params
from pipeline.severity.scale import scale_of

NETWORK_KEYS = ("mean", "scale")  # keys of `model` that shape a network's input


def check_model_agrees(model: FittedModel, params: Params) -> None:
    """Check that a model has the scale of params.yaml, and was fitted to faces of the geometry that it describes.

    Raises:
        WeightsError: naming both scales if they differ.
        GeometryMismatchError: naming every key that differs; the model was fitted before params.yaml changed.
    """
    preprocessing = Preprocessing(params.decode.fps, params.align, params.subsample)
    folder = model.folder
    check_scale(model.path, folder.scale, scale_of(params.corpus.scale))
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
