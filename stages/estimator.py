"""Estimator: check that the chosen estimator exists, and hand its name and its settings to finetune.

Reads no data. DVC itself would only say that the file of an unknown estimator does not exist; this stage runs before.
"""

from pathlib import Path

from pipeline.estimators.choice import write_choice
from pipeline.params.whole import Params
from pipeline.runtime.stage import run_stage


def main(params: Params, chosen: Path) -> None:
    """Write `chosen`, a JSON file; unknown names are refused with all other wrong parameters, before this."""
    write_choice(chosen, params.estimator)


if __name__ == "__main__":
    run_stage(main)
