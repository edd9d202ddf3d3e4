"""What a change costs: a corpus of many recordings through decode, align and subsample, then one change at a time.

    python -m benchmarks.incremental [--recordings 200]

The corpus is drawn, the project is a copy in a temporary folder. For each change the table says which stages ran, how
many recordings were worked on anew in each (the others were found finished), and the seconds of `dvc repro`. Then DVC
itself is measured: files in the outputs, `dvc status`, `dvc repro` with nothing to do, `dvc commit` of all outputs, and
`dvc checkout` of outputs that were deleted. The last line is one JSON object.
"""

import argparse
import csv
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import yaml

from pipeline.simulation.avec_tree import simulated_videos, write_simulated_video
from pipeline.simulation.cohort import draw_cohort

ROOT = Path(__file__).parents[1]
PARTITIONS = {"Training": "training", "Development": "development", "Testing": "test"}  # AVEC's names, and ours
COPIED = ("pipeline", "stages", "dvc.yaml", "params.yaml", ".dvcignore", ".gitignore", ".dvc/config", ".dvc/.gitignore")
STAGES = ("decode", "align", "subsample")
SMALL: dict[str, dict[str, Any]] = {
    "simulate": {"enabled": False},
    "corpus": {"layout": "videos"},
    "align": {"size": 64, "survey": 8},
    "subsample": {"factor": 2, "phases": 1},
}


class Project:
    """A copy of the project with a corpus of its own."""

    def __init__(self, folder: Path, recordings: int) -> None:
        """Copy the code and draw the videos, one more than `recordings` for later."""
        self.folder, self.corpus = folder / "project", folder / "corpus"
        for name in COPIED:
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
        sessions = -(-(recordings + 1) // 6)
        cohort = draw_cohort(seed=1, subjects=sessions, sessions=sessions, subject_share=0.0)
        self.films = simulated_videos(self.corpus, cohort, 1, 1.0, 24, 7.5, (128, 96))
        self.rows = []
        for film in self.films[: recordings + 1]:
            write_simulated_video(film)
            name = film.path.stem
            row = (name, film.path, film.session.subject, PARTITIONS[film.session.partition], film.session.bdi)
            self.rows.append([str(cell) for cell in row])
        self.list(self.rows[:recordings])
        self.change(SMALL | {"corpus": {**SMALL["corpus"], "root": str(self.corpus), "labels_root": str(self.corpus)}})
        self.run("git", "init", "-q")

    def list(self, rows: list[list[str]]) -> None:
        """Write videos.csv."""
        with (self.corpus / "videos.csv").open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["video_id", "path", "subject", "partition", "bdi"])
            writer.writerows(rows)

    def change(self, values: dict[str, dict[str, Any]]) -> None:
        """Change parameters."""
        path = self.folder / "params.yaml"
        params = yaml.safe_load(path.read_text())
        for section, changed in values.items():
            params[section] |= changed
        path.write_text(yaml.safe_dump(params, sort_keys=False))

    def run(self, *command: str) -> tuple[str, float]:
        """Run a command of the environment; its output and seconds."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        state = {"PATH": path, "DVC_SITE_CACHE_DIR": f"{self.folder}-site", "MSN_WORK": "", "DVC_NO_ANALYTICS": "1"}
        started = time.perf_counter()
        done = subprocess.run(
            command, cwd=self.folder, env={**os.environ, **state}, capture_output=True, text=True, check=False
        )
        if done.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
        return done.stdout, time.perf_counter() - started

    def items(self) -> dict[str, int]:
        """Finished items of each stage in the work store."""
        return {stage: len(list((self.folder / ".work" / stage / "items").glob("*"))) for stage in STAGES}

    def reproduce(self) -> dict[str, Any]:
        """Run what is to be run: the stages that ran, the recordings made anew in each, and the seconds."""
        before = self.items()
        output, seconds = self.run("dvc", "repro", "subsample")
        ran = [line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage '")]
        made = {stage: count - before[stage] for stage, count in self.items().items()}
        return {"ran": ran, "made": made, "seconds": round(seconds, 1)}


def main() -> None:
    """Measure, and print one JSON object as the last line."""
    parser = argparse.ArgumentParser(description="what a change costs")
    parser.add_argument("--recordings", type=int, default=200)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder), asked.recordings)
        whole = project.rows
        source = project.folder / "pipeline/tracking/linking.py"
        changes: dict[str, Callable[[], object]] = {
            "first run": lambda: None,
            "nothing": lambda: None,
            "one recording added": lambda: project.list(whole),
            "one recording removed": lambda: project.list(whole[1:]),
            "a video replaced": lambda: write_simulated_video(replace(project.films[1], seed=2)),
            "a score changed": lambda: project.list([[*row[:4], "7"] if row is whole[1] else row for row in whole[1:]]),
            "align.max_gap": lambda: project.change({"align": {"max_gap": 2}}),
            "subsample.factor": lambda: project.change({"subsample": {"factor": 3}}),
            "a comment in the code": lambda: source.write_text(f"{source.read_text()}\n# said twice\n"),
        }
        table = {}
        print(f"{'change':24} {'seconds':>8}  made anew (decode, align, subsample)  stages that ran")
        for name, change in changes.items():
            change()
            table[name] = project.reproduce()
            made = " ".join(f"{count:4d}" for count in table[name]["made"].values())
            print(f"{name:24} {table[name]['seconds']:8.1f}  {made:36}  {' '.join(table[name]['ran'])}", flush=True)
        dvc = _dvc_itself(project)
    print(json.dumps({"recordings": asked.recordings, "changes": table, "dvc": dvc}))


def _dvc_itself(project: Project) -> dict[str, Any]:
    """What DVC takes for so many recordings."""
    data = project.folder / "data"
    files = {
        stage: sum(path.is_file() for path in (data / stage).rglob("*"))
        for stage in ("decoded", "aligned", "sequences")
    }
    _, status = project.run("dvc", "status", "subsample", "align", "decode")
    _, nothing = project.run("dvc", "repro", "subsample")
    _, commit = project.run("dvc", "commit", "--force", "subsample", "align", "decode")
    for name in files:
        shutil.rmtree(data / name)
    _, checkout = project.run("dvc", "checkout", "subsample", "align", "decode")
    return {
        "files": files,
        "status_seconds": round(status, 2),
        "nothing_to_do_seconds": round(nothing, 2),
        "commit_seconds": round(commit, 2),
        "checkout_seconds": round(checkout, 2),
    }


if __name__ == "__main__":
    main()
