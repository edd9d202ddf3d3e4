"""Whether the results of an experiment were made with its parameters, by its dvc.lock.

A params.yaml that was edited without a run, and a run of some stages only, leave results beside parameters that did not
make them.
"""

import json
from collections.abc import Iterator, Mapping
from typing import Any

from pipeline.experiments.dotted_keys import leaves
from pipeline.experiments.lock import LOCK, locked_stages
from pipeline.experiments.repository import Experiment

PARAMS = "params.yaml"
SHOWN = 5  # reasons in the message


def check_results(experiment: Experiment, params: Mapping[str, Any]) -> None:
    """Check that all stages of an experiment ran with its parameters, and on each other's outputs.

    It compares what dvc.lock says. An experiment without dvc.lock passes, and so do parameters that either side lacks,
    as earlier versions may.

    Args:
        experiment: the experiment.
        params: the content of its params.yaml.

    Raises:
        ValueError: if they did not, naming the parameters and outputs.
    """
    stages = locked_stages(experiment.text(LOCK))
    reasons = list(dict.fromkeys([*_other_values(stages, params), *_other_inputs(stages)]))
    if reasons:
        shown = "; ".join(reasons[:SHOWN]) + (f"; and {len(reasons) - SHOWN} more" if len(reasons) > SHOWN else "")
        raise ValueError(
            f"{experiment.name}: its results were not made with its parameters: {shown}. `dvc repro` makes them anew. "
            "(While `msn study` queues runs, DVC changes params.yaml for a moment.)"
        )


def _other_values(stages: Mapping[str, Any], params: Mapping[str, Any]) -> Iterator[str]:
    """Yield the parameters with which a stage ran, and which params.yaml has otherwise."""
    values = dict(leaves(params))
    for stage, entry in stages.items():
        for key, ran in leaves(entry.get("params", {}).get(PARAMS, {})):
            if key in values and values[key] != ran:
                yield f"{key} is {json.dumps(values[key])} in {PARAMS}, and stage {stage} ran with {json.dumps(ran)}"


def _other_inputs(stages: Mapping[str, Any]) -> Iterator[str]:
    """Yield the outputs that a stage read before they were made anew."""
    made = {out["path"]: (name, out.get("md5")) for name, entry in stages.items() for out in entry.get("outs", [])}
    for stage, entry in stages.items():
        for dep in entry.get("deps", []):
            maker, content = made.get(dep["path"], ("", None))
            if maker and content != dep.get("md5"):
                yield f"stage {stage} read another {dep['path']} than that of stage {maker}"
