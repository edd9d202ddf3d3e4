"""Full-scale rehearsal: recordings of 50 minutes from files to sequences, first steps of finetune, and evaluate.

    python -m benchmarks.rehearsal [--minutes 50] [--steps 20] [--width 0.125]

The stages run one by one with DVC, in a fresh clone of the last commit, on a drawn corpus in AVEC2013's layout
(`benchmarks.long_recordings`: 640 x 480, 30 frames per second, about 3 Mbit/s). The settings are those of
`msn profile avec2013`: sparse detection with one search of whole frames a second, all phases of every eighth frame,
MSN-69, clips of 16 frames, batches of 24. Three settings differ: the network is narrower, starts without pretrained
weights, and is fitted for some steps only. Evaluate takes two phases, so that 50 minutes have more than the 1,000 clips
from which on the stage compiles its network.

There is one recording for each core, and at least two: one is tested, the others are fitted. So all cores work, as on
the corpus.

The table shows what `benchmarks.stage_cost` measures, DVC's own work and the start of the stage included. The speed is
that of the frames of all recordings; in finetune that of the clips from the second step on, as the stage logs it; in
evaluate that of the clips, its start and the compiling included.

The reckoning divides the counts of AVEC2013 and VGGFace2 by these speeds. It says which stage limits AVEC2013. The
goal: under 6 hours from files to sequences on two cores. "By processor time" is the same as if all cores did nothing
else and waited for nothing. Short recordings give too many hours, because the start of each stage counts in full. The
core-hours of identities, as `benchmarks.identities` reckons them, are divided by the cores. Evaluate is reckoned at the
measured width. Pretraining and fine-tuning are reckoned at full width; it is assumed that they reach the operations per
second of the measured steps of finetune.

A recording of 50 minutes takes about 10 GB of the temporary folder (TMPDIR). The last line is one JSON object.
"""

import argparse
import csv
import json
import os
import re
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import yaml

from benchmarks.cost import flops_of_sample, pretraining_samples
from benchmarks.long_recordings import LongCorpus, write_corpus
from benchmarks.stage_cost import clone_project, log_of, machine, run_stage
from pipeline.params.check import load_params
from pipeline.params.whole import Params
from pipeline.profiles import apply_profile

AVEC2013_FRAMES = 2_870_000  # of its 150 recordings of 2.2 to 20.8 minutes, as users of the files have counted them
TESTED_SHARE = 1 / 3  # of these recordings
GOAL = 6.0  # hours from AVEC2013's files to sequences on two cores
TO_SEQUENCES = ("ingest", "decode", "align", "subsample")
EVALUATED_PHASES = 2
LOGGED_SPEED = re.compile(r"epoch 1: ([\d.,e+-]+) samples/s")


def main() -> None:
    """Print a line for each stage, the reckoning, and one JSON object."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument(
        "--minutes", type=float, default=50.0, help="of each recording; at least 20 seconds are written"
    )
    parser.add_argument("--steps", type=int, default=20, help="of finetune, at least 3")
    parser.add_argument("--width", type=float, default=0.125, help="of the network; the paper: 1.0")
    arguments = parser.parse_args()
    cores = len(os.sched_getaffinity(0))
    with tempfile.TemporaryDirectory() as temporary:
        corpus = write_corpus(Path(temporary) / "corpus", max(2, cores), arguments.minutes)
        print(f"{corpus.recordings} recordings, {corpus.frames} frames, {corpus.megabits_per_second:.1f} Mbit/s")
        clone = Path(temporary) / "project"
        commit = clone_project(clone)
        profile = _write_params(clone, Path(temporary) / "corpus", arguments.steps, arguments.width)
        print(f"{'stage':11} {'seconds':>8} {'CPU s':>8} {'peak MB':>8} {'disk MB':>8} {'speed':>8}")
        stages = _run_stages(clone, corpus)
    speeds = {row["stage"]: row["speed"] for row in stages}
    narrow = profile.model_copy(update={"model": profile.model.model_copy(update={"width": arguments.width})})
    flops_per_second = speeds["finetune"] * flops_of_sample(narrow)
    avec2013 = _reckon_avec2013(speeds, profile, flops_per_second)
    vggface2 = _reckon_vggface2(profile, flops_per_second, cores)
    for name, hours in (("AVEC2013", avec2013), ("VGGFace2", vggface2)):
        print(f"{name}, hours: " + ", ".join(f"{stage} {value:,.2f}" for stage, value in hours.items()))
    to_sequences = sum(avec2013[stage] for stage in TO_SEQUENCES)
    cpu_seconds = sum(row["cpu_seconds"] for row in stages if row["stage"] in TO_SEQUENCES)
    undisturbed = _hours(AVEC2013_FRAMES, corpus.frames / cpu_seconds * cores)
    limit = max(TO_SEQUENCES, key=lambda stage: avec2013[stage])
    print(
        f"AVEC2013 from files to sequences on {cores} cores: {to_sequences:.2f} hours, by processor time {undisturbed} "
        f"(goal: {GOAL} on two); {limit} limits it"
    )
    result = {
        "avec2013_hours_to_sequences": round(to_sequences, 2),
        "avec2013_hours_by_processor_time": undisturbed,
        "goal_hours": GOAL,
        "limit": limit,
        "avec2013_hours": avec2013,
        "vggface2_hours": vggface2,
        "stages": stages,
        "corpus": asdict(corpus),
        "minutes": arguments.minutes,
        "width": arguments.width,
        "commit": commit,
        "machine": machine(),
    }
    print(json.dumps(result))


def _write_params(clone: Path, corpus: Path, steps: int, width: float) -> Params:
    """Write the profile and what differs from it into the clone's params.yaml; return the profile's parameters."""
    path = clone / "params.yaml"
    apply_profile("avec2013", path, clone / "profiles")
    profile = load_params(path)
    values = yaml.safe_load(path.read_text(encoding="utf-8"))
    for section, differences in {
        "corpus": {"root": str(corpus), "labels_root": str(corpus), "complete": False},
        "model": {"width": width},
        "pretrain": {"source": "none"},
        "finetune": {"epochs": 1, "steps": steps},
        "evaluate": {"phases": EVALUATED_PHASES},
    }.items():
        values[section] |= differences
    path.write_text(yaml.safe_dump(values, sort_keys=False), encoding="utf-8")
    return profile


def _run_stages(clone: Path, corpus: LongCorpus) -> list[dict[str, Any]]:
    """Run the stages in order; print and return what each costs, and its speed."""
    (clone / "data/identities").mkdir(parents=True)  # an input of pretrain, which reads nothing of it
    rows = []
    for stage in (*TO_SEQUENCES, "estimator", "pretrain", "finetune", "evaluate"):
        cost = run_stage(clone, stage)
        if stage == "finetune":
            speed, unit = _logged_speed(clone), "clips/s"
        elif stage == "evaluate":
            speed, unit = _estimated_clips(clone) / cost.seconds, "clips/s"
        else:
            speed, unit = corpus.frames / cost.seconds, "frames/s"
        if stage not in ("estimator", "pretrain"):
            numbers = f"{cost.seconds:8.1f} {cost.cpu_seconds:8.1f} {cost.peak_mb:8.0f} {cost.disk_mb:8.1f}"
            print(f"{stage:11} {numbers} {speed:8,.1f} {unit}", flush=True)
            rows.append({**asdict(cost), "speed": round(speed, 2), "unit": unit})
    return rows


def _logged_speed(clone: Path) -> float:
    """Return the clips per second that finetune logged at the end of its epoch."""
    log = log_of(clone, "finetune").read_text(encoding="utf-8")
    match = LOGGED_SPEED.search(log)
    if match is None:
        sys.exit(f"finetune logged no speed; --steps must be at least 3\n{log}")
    return float(match[1].replace(",", ""))


def _estimated_clips(clone: Path) -> int:
    with (clone / "results/predictions.csv").open(encoding="utf-8", newline="") as stream:
        return sum(int(row["clips"]) for row in csv.DictReader(stream))


def _reckon_avec2013(speeds: dict[str, float], profile: Params, flops_per_second: float) -> dict[str, float]:
    """Return the hours of each stage for all of AVEC2013; evaluate at the measured width, finetune at the paper's."""
    fitted_clips = profile.finetune.epochs * profile.finetune.steps * profile.finetune.batch
    tested_rows = AVEC2013_FRAMES * TESTED_SHARE / profile.subsample.factor * profile.evaluate.phases
    return {
        **{stage: _hours(AVEC2013_FRAMES, speeds[stage]) for stage in TO_SEQUENCES},
        "evaluate": _hours(tested_rows / profile.clip.length, speeds["evaluate"]),
        "finetune": _hours(fitted_clips * flops_of_sample(profile), flops_per_second),
    }


def _reckon_vggface2(profile: Params, flops_per_second: float, cores: int) -> dict[str, float]:
    """Return the hours of identities, with published landmarks and with the detector, and of pretraining in full."""
    command = [sys.executable, "-m", "benchmarks.identities"]
    output = subprocess.run(command, capture_output=True, text=True, check=True).stdout
    core_hours = json.loads(output.splitlines()[-1])
    return {
        "identities": round(core_hours["vggface2_core_hours_published"] / cores, 2),
        "identities detected": round(core_hours["vggface2_core_hours_detected"] / cores, 2),
        "pretrain": _hours(pretraining_samples(profile) * flops_of_sample(profile, static=True), flops_per_second),
    }


def _hours(amount: float, per_second: float) -> float:
    return round(amount / per_second / 3600, 2)


if __name__ == "__main__":
    main()
