"""Cost of a change: run many recordings through decode, align and subsample, then apply one change at a time.

    python -m benchmarks.incremental [--recordings 200]

The corpus is drawn, and the project is a copy in a temporary folder. For each change the table shows the stages that
ran, the number of recordings that each of them made anew (the others came from the artifact store), and the seconds of
`dvc repro`. Then DVC itself is measured: files in the outputs, `dvc status`, `dvc repro` with nothing to do,
`dvc commit` of all outputs, and `dvc checkout` of deleted outputs. The last line is one JSON object.
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

from pipeline.severity.scale import scale_of
from pipeline.simulation.avec_tree import simulated_videos, write_simulated_video
from pipeline.simulation.cohort import draw_cohort

ROOT = Path(__file__).parents[1]
PARTITIONS = {"Training": "training", "Development": "development", "Testing": "test"}  # AVEC's names to ours
COPIED_PATHS = (
    "pipeline",
    "stages",
    "dvc.yaml",
    "params.yaml",
    ".dvcignore",
    ".gitignore",
    ".dvc/config",
    ".dvc/.gitignore",
)
STAGES = ("decode", "align", "subsample")
SMALL_PARAMS: dict[str, dict[str, Any]] = {
    "simulate": {"enabled": False},
    "corpus": {"layout": "videos"},
    "align": {"size": 64, "survey_step": 1.0},
    "subsample": {"factor": 2, "phases": 1},
}


class Project:
    """A copy of the project with its own corpus."""

    def __init__(self, folder: Path, recordings: int) -> None:
        """Copy the code and draw `recordings` videos and one more, which is added later."""
        self.folder, self.corpus = folder / "project", folder / "corpus"
        for name in COPIED_PATHS:
            target = self.folder / name
            target.parent.mkdir(parents=True, exist_ok=True)
            source = ROOT / name
            (shutil.copytree if source.is_dir() else shutil.copy)(source, target)
        sessions = -(-(recordings + 1) // 6)
        cohort = draw_cohort(seed=1, subjects=sessions, sessions=sessions, subject_share=0.0, scale=scale_of("bdi-ii"))
        self.videos = simulated_videos(self.corpus, cohort, 1, 1.0, 24, 7.5, (128, 96))
        self.rows = []
        for video in self.videos[: recordings + 1]:
            write_simulated_video(video)
            name = video.path.stem
            row = (name, video.path, video.session.subject, PARTITIONS[video.session.partition], video.session.score)
            self.rows.append([str(cell) for cell in row])
        self.write_videos_csv(self.rows[:recordings])
        self.change_params(
            SMALL_PARAMS
            | {"corpus": {**SMALL_PARAMS["corpus"], "root": str(self.corpus), "labels_root": str(self.corpus)}}
        )
        self.run("git", "init", "-q")

    def write_videos_csv(self, rows: list[list[str]]) -> None:
        """Write videos.csv with these rows."""
        with (self.corpus / "videos.csv").open("w", newline="") as stream:
            writer = csv.writer(stream)
            writer.writerow(["video_id", "path", "subject", "partition", "score"])
            writer.writerows(rows)

    def change_params(self, values: dict[str, dict[str, Any]]) -> None:
        """Change values of params.yaml, given by section."""
        path = self.folder / "params.yaml"
        params = yaml.safe_load(path.read_text())
        for section, section_values in values.items():
            params[section] |= section_values
        path.write_text(yaml.safe_dump(params, sort_keys=False))

    def run(self, *command: str) -> tuple[str, float]:
        """Run a command of the environment; return its output and its seconds."""
        path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
        overrides = {"PATH": path, "DVC_SITE_CACHE_DIR": f"{self.folder}-site", "MSN_WORK": "", "DVC_NO_ANALYTICS": "1"}
        start = time.perf_counter()
        completed = subprocess.run(
            command, cwd=self.folder, env={**os.environ, **overrides}, capture_output=True, text=True, check=False
        )
        if completed.returncode:
            sys.exit(f"{' '.join(command)} failed:\n{completed.stdout}\n{completed.stderr}")
        return completed.stdout, time.perf_counter() - start

    def items(self) -> dict[str, int]:
        """Count the finished items of each stage in the artifact store."""
        return {stage: len(list((self.folder / ".work" / stage / "items").glob("*"))) for stage in STAGES}

    def reproduce(self) -> dict[str, Any]:
        """Run `dvc repro`; return the stages that ran, the number of recordings made anew in each, and the seconds."""
        before = self.items()
        output, seconds = self.run("dvc", "repro", "subsample")
        ran = [line.split("'")[1] for line in output.splitlines() if line.startswith("Running stage '")]
        remade = {stage: count - before[stage] for stage, count in self.items().items()}
        return {"ran": ran, "made": remade, "seconds": round(seconds, 1)}


def main() -> None:
    """Print a table with a line for each change, then one JSON object."""
    parser = argparse.ArgumentParser(description="cost of a change")
    parser.add_argument("--recordings", type=int, default=200)
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        project = Project(Path(folder), arguments.recordings)
        rows = project.rows
        source = project.folder / "pipeline/tracking/linking.py"
        changes: dict[str, Callable[[], object]] = {
            "first run": lambda: None,
            "nothing": lambda: None,
            "one recording added": lambda: project.write_videos_csv(rows),
            "one recording removed": lambda: project.write_videos_csv(rows[1:]),
            "a video replaced": lambda: write_simulated_video(replace(project.videos[1], seed=2)),
            "a score changed": lambda: project.write_videos_csv(
                [[*row[:4], "7"] if row is rows[1] else row for row in rows[1:]]
            ),
            "align.max_gap": lambda: project.change_params({"align": {"max_gap": 2}}),
            "subsample.factor": lambda: project.change_params({"subsample": {"factor": 3}}),
            "a comment in the code": lambda: source.write_text(f"{source.read_text()}\n# a comment\n"),
        }
        table = {}
        print(f"{'change':24} {'seconds':>8}  made anew (decode, align, subsample)  stages that ran")
        for name, change in changes.items():
            change()
            table[name] = project.reproduce()
            remade = " ".join(f"{count:4d}" for count in table[name]["made"].values())
            print(f"{name:24} {table[name]['seconds']:8.1f}  {remade:36}  {' '.join(table[name]['ran'])}", flush=True)
        dvc = _measure_dvc(project)
    print(json.dumps({"recordings": arguments.recordings, "changes": table, "dvc": dvc}))


def _measure_dvc(project: Project) -> dict[str, Any]:
    """Measure the files and seconds of DVC itself."""
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
