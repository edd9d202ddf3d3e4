"""The chosen estimator, as stage estimator hands it to stage finetune: its name and its settings."""

import json
from pathlib import Path

from pipeline.params.estimator import Estimator, EstimatorSettings, settings_class
from pipeline.records.json_file import read_json
from pipeline.runtime.atomic import write_text_atomically


def write_choice(path: Path, section: Estimator) -> None:
    """Write the name and the settings of the chosen estimator as JSON; the file is replaced atomically."""
    values = {"name": section.name, "settings": section.settings.model_dump(mode="json")}
    write_text_atomically(path, json.dumps(values, indent=2, allow_nan=False) + "\n")


def read_choice(path: Path) -> tuple[str, EstimatorSettings]:
    """Read the name and the settings of the chosen estimator.

    Raises:
        ValueError: if no estimator has this name, or the settings are not its own.
    """
    values = read_json(path)
    return values["name"], settings_class(values["name"]).model_validate(values["settings"])
