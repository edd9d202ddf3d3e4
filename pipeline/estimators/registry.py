"""Finds estimators by name; their names are those of section `estimator` of params.yaml.

Estimators are imported by name when they are chosen, so that nothing depends on those that are not.
"""

import importlib
from dataclasses import dataclass
from pathlib import Path

from pydantic import ValidationError

from pipeline.estimators.protocol import Estimator
from pipeline.models.files import DESCRIPTION, WeightsError
from pipeline.models.model_folder import ModelFolder, read_model_folder
from pipeline.params.estimator import EstimatorSettings, settings_class
from pipeline.params.whole import Params


def module_name(name: str) -> str:
    """Return the module of an estimator.

    Examples:
        >>> module_name("lpq_svr")
        'pipeline.estimators.lpq_svr'
    """
    return f"pipeline.estimators.{name}"


def class_name(name: str) -> str:
    """Return the name of an estimator's class.

    Examples:
        >>> class_name("lpq_svr")
        'LpqSvr'
    """
    return "".join(part.capitalize() for part in name.split("_"))


def estimator_class(name: str) -> type[Estimator]:
    """Import the class of an estimator.

    Raises:
        ValueError: if no estimator has this name.
    """
    settings_class(name)  # refuses unknown names
    return getattr(importlib.import_module(module_name(name)), class_name(name))


def chosen_module(params: Params) -> str:
    """Return the module of the estimator that params.yaml chooses."""
    return module_name(params.estimator.name)


@dataclass(frozen=True)
class FittedModel:
    """A model folder and the estimator that it holds.

    Attributes:
        path: of the folder.
        folder: what the folder says of itself.
        settings: of the estimator.
        estimator: ready to estimate.
    """

    path: Path
    folder: ModelFolder
    settings: EstimatorSettings
    estimator: Estimator


def load_model(path: Path) -> FittedModel:
    """Load the estimator of a model folder.

    Raises:
        WeightsError: if the folder is not one that stage finetune wrote, or its content does not fit its estimator;
            the message names what is missing, unexpected or misshapen.
    """
    folder = read_model_folder(path)
    try:
        settings = settings_class(folder.name).model_validate(dict(folder.settings))
    except ValidationError as error:
        details = "; ".join(f"{'.'.join(map(str, d['loc']))}: {d['msg']}" for d in error.errors())
        raise WeightsError(
            f"{path / DESCRIPTION}: settings of {folder.name} do not fit this version: {details}"
        ) from None
    except ValueError as error:
        raise WeightsError(f"{path / DESCRIPTION}: {error}") from None
    return FittedModel(path, folder, settings, estimator_class(folder.name).load(path, settings))
