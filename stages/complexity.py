"""Count the parameters and multiply-adds of the estimator, so that `dvc metrics diff` shows them beside the error.

Reads the choice of stage estimator, and no data. Writes both as metrics, the multiply-adds for one clip; of an
estimator that is no network there is nothing to count, and the file is an empty object. Times are noisy: `msn
complexity` measures them.
"""

import json
import logging
from dataclasses import asdict
from pathlib import Path

from pipeline.complexity.count import cost_of
from pipeline.estimators.capabilities import Costed
from pipeline.estimators.choice import read_choice
from pipeline.estimators.registry import chosen_module, estimator_class
from pipeline.params.whole import Params
from pipeline.runtime.atomic import write_text_atomically
from pipeline.runtime.stage import run_stage
from pipeline.severity.scale import scale_of

logger = logging.getLogger(__name__)


def main(params: Params, chosen: Path, complexity: Path) -> None:
    """Write `complexity`, a JSON file."""
    name, _ = read_choice(chosen)
    estimator, score_range = estimator_class(name), scale_of(params.corpus.scale).score_range
    values: dict[str, int] = {}
    if isinstance(estimator, Costed):
        values = asdict(
            cost_of(lambda: estimator.architecture(params.model, params.clip, score_range), params.align.size)
        )
    else:
        logger.info("%s is no network: there is nothing to count", name)
    write_text_atomically(complexity, json.dumps(values, indent=2) + "\n")


if __name__ == "__main__":
    run_stage(main, imported_by_name=chosen_module)
