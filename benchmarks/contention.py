"""Measure training on processors that others use as well, with OpenMP's own waiting and with the project's.

    python -m benchmarks.contention [--steps 6] [--turns 2] [--width 0.125]

Each side is a fine-tuning of random clips in processes of its own. "spinning" is libgomp's default, by which a thread
that waits for the others keeps its processor; "yielding" is what `pipeline/__init__.py` sets. Both are measured quiet,
beside a process that does nothing but count, and twice at once. The sides take turns. The goals: two trainings at once
reach 0.9 of the throughput of one after the other (`ratio`), a training beside a busy process 0.45 of a quiet one
(`beside_busy`), and yielding costs a quiet training nothing (`quiet_cost`, a factor). The losses of all are equal. The
last line is one JSON object.
"""

import argparse
import json
import os
import subprocess
import sys
import tempfile
import time
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path

import pipeline  # noqa: F401  sets how OpenMP waits; here, because torch reads it when it is loaded

SPINNING = {"GOMP_SPINCOUNT": "300000"}  # libgomp's default where OMP_WAIT_POLICY is not set
SIDES: dict[str, Mapping[str, str]] = {"spinning": SPINNING, "yielding": {}}
WARMUP_STEPS = 2
BUSY = "while True: pass"


def main() -> None:
    """Measure, or train if another process of this benchmark asks for it."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--steps", type=int, default=6, help="timed steps of each training")
    parser.add_argument("--turns", type=int, default=2, help="of all situations and sides")
    parser.add_argument("--width", type=float, default=0.125, help="of the network")
    parser.add_argument("--train", action="store_true", help=argparse.SUPPRESS)
    arguments = parser.parse_args()
    if arguments.train:
        _train(arguments)
        return
    speeds: dict[tuple[str, str], list[float]] = defaultdict(list)
    losses = set()
    for turn in range(arguments.turns):
        for side, variables in SIDES.items():
            for situation, trainings in (("quiet", 1), ("busy", 1), ("two", 2)):
                speed, loss = _measure(arguments, variables, trainings, situation == "busy")
                speeds[situation, side].append(speed)
                losses |= loss
                print(f"turn {turn + 1}, {side}, {situation}: {speed:.2f} clips/s", flush=True)
    best = {key: max(values) for key, values in speeds.items()}
    print(
        json.dumps(
            {
                "ratio": round(best["two", "yielding"] / best["quiet", "yielding"], 3),
                "ratio_spinning": round(best["two", "spinning"] / best["quiet", "spinning"], 3),
                "beside_busy": round(best["busy", "yielding"] / best["quiet", "yielding"], 3),
                "beside_busy_spinning": round(best["busy", "spinning"] / best["quiet", "spinning"], 3),
                "quiet_cost": round(best["quiet", "spinning"] / best["quiet", "yielding"], 3),
                "losses_equal": len(losses) == 1,
                "clips_per_second": {
                    f"{side}, {situation}": round(best[situation, side], 2) for situation, side in best
                },
                "processors": len(os.sched_getaffinity(0)),
                "turns": arguments.turns,
            }
        )
    )


def _measure(
    arguments: argparse.Namespace, variables: Mapping[str, str], trainings: int, busy: bool
) -> tuple[float, set[float]]:
    """Return the clips per second of all trainings together, and their last losses."""
    command = [sys.executable, "-m", "benchmarks.contention", "--train"]
    command += ["--steps", str(arguments.steps), "--width", str(arguments.width)]
    environment = {**os.environ, **variables}
    other = subprocess.Popen([sys.executable, "-c", BUSY]) if busy else None
    try:
        processes = [
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=environment, text=True)
            for _ in range(trainings)
        ]
        for process in processes:
            assert process.stdout is not None
            assert process.stdout.readline() == "ready\n"
        for process in processes:
            assert process.stdin is not None
            process.stdin.write("\n")
            process.stdin.flush()
        results = [json.loads(process.communicate()[0].splitlines()[-1]) for process in processes]
    finally:
        if other is not None:
            other.kill()
            other.wait()
    seconds = max(result["end"] for result in results) - min(result["start"] for result in results)
    clips = sum(result["clips"] for result in results)
    return clips / seconds, {result["loss"] for result in results}


def _train(arguments: argparse.Namespace) -> None:
    """Train, and print when the timed steps began and ended."""
    import torch

    from benchmarks.trainings import training_params, trainings
    from pipeline.training.loop import fit

    steps = arguments.steps + WARMUP_STEPS
    params = training_params(arguments.width, 27, steps, pretrain_batch=1, finetune_batch=8)
    times: list[float] = []

    def note_step() -> None:
        if len(times) == WARMUP_STEPS - 1:
            print("ready", flush=True)
            sys.stdin.readline()
        times.append(time.time())

    with tempfile.TemporaryDirectory() as folder:
        module = trainings(Path(folder), params, steps)["finetuning"]()
        module.after_step = note_step
        fit(module, 1, "32-true", Path(folder) / "training", torch.device("cpu"))
    start, end = times[WARMUP_STEPS - 1], times[-1]
    clips = module.plan.batch * arguments.steps
    print(json.dumps({"start": start, "end": end, "clips": clips, "loss": module.latest_loss}))


if __name__ == "__main__":
    main()
