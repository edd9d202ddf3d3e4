"""Count the parameters and multiply-adds of the network, so that `dvc metrics diff` shows them beside the error.

Reads no data. Writes both as metrics, the multiply-adds for one clip. Times are noisy: `msn complexity` measures them.
"""

import json
from dataclasses import asdict
from pathlib import Path

from pipeline.complexity.count import cost_of
from pipeline.params import Params
from pipeline.runtime.atomic import write_text_atomically
from pipeline.runtime.stage import run_stage


def main(params: Params, complexity: Path) -> None:
    """Write `complexity`, a JSON file."""
    cost = cost_of(params.model, params.clip.length, params.align.size)
    write_text_atomically(complexity, json.dumps(asdict(cost), indent=2) + "\n")


if __name__ == "__main__":
    run_stage(main)
