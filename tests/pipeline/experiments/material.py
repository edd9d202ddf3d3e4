"""A small Git and DVC repository with one stage that runs for a second; its metrics follow from params.yaml."""

import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.repo import Repo

ROOT = Path(__file__).parents[3]

STAGE = '''"""Estimates with an error that follows from the parameters: depth / 10, or half with several kernels."""
import base64, csv, hashlib, json, pathlib, sys, yaml
params = yaml.safe_load(open("params.yaml"))
depth, seed, kernels = params["model"]["depth"], params["finetune"]["seed"], params["model"]["kernels"]
if depth == 99:
    sys.exit("depth 99 does not fit")
error = depth / 10 / (1 if len(kernels) == 1 else 2) + seed / 100
results = pathlib.Path("results")
results.mkdir()
truth = {f"{s}_{v}": 10 * s + v for s in (1, 2, 3) for v in (1, 2)}
with open(results / "predictions.csv", "w", newline="") as stream:
    rows = csv.writer(stream)
    columns = "recording subject seen task score estimate clips coverage frames absent"
    rows.writerow(columns.split())
    for name, score in truth.items():
        rows.writerow([name, name[0], "no", "", score, score + error, 1, 1, 16, 0])
with open(results / "intervals.csv", "w", newline="") as stream:
    rows = csv.writer(stream)
    rows.writerow("subgroup,estimator,metric,videos,subjects,value,low,high".split(","))
    for metric in ("rmse", "mae"):
        rows.writerow(["all", "model", metric, 6, 3, error, error - 1, error + 1])
pixel = base64.b64decode("iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==")
for name, mark in (("results/figure5", b""), ("saliency/figure6", b"saliency"), ("data/detection/worst", b"worst")):
    path = pathlib.Path(name + ".png")
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(pixel + mark)
pathlib.Path("data/corpus").mkdir(parents=True, exist_ok=True)
with open("data/corpus/recordings.csv", "w", newline="") as stream:
    rows = csv.writer(stream)
    rows.writerow(["recording", "path", "bytes", "sha256"])
    for name in truth:
        rows.writerow([name, f"/data/{name}.mp4", 1, hashlib.sha256(name.encode()).hexdigest()])
pathlib.Path("detection.json").write_text(json.dumps({"recordings": 6, "absent": 0.25}))
model = pathlib.Path("models/finetuned")
model.mkdir(parents=True)
best = {"best": {"epoch": 1, "rmse": 20 - error}} if params["finetune"]["validation"] != "none" else {}
(model / "description.json").write_text(json.dumps({"versions": {"torch": "2.14"}, **best}))
pathlib.Path("metrics.json").write_text(json.dumps({"rmse": error, "mae": error, "pcc": 1.0, "videos": 6}))
pathlib.Path("complexity.json").write_text(json.dumps({"parameters": depth * 10**6, "macs": 2 * 10**9}))
'''

DVC_YAML = {
    "stages": {
        "evaluate": {
            "desc": "Score",
            "cmd": "python stages/evaluate.py",
            "deps": ["stages/evaluate.py"],
            "params": ["model", "finetune"],
            "metrics": [{name: {"cache": False}} for name in ("metrics.json", "complexity.json", "detection.json")],
            "outs": ["results", "models/finetuned", "saliency", "data/detection", "data/corpus"],
        }
    }
}


def git(*arguments: str) -> str:
    return subprocess.run(["git", *arguments], check=True, capture_output=True, text=True).stdout


def dvc(*arguments: str) -> str:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    command = [sys.executable, "-m", "dvc", *arguments]
    return subprocess.run(command, check=True, capture_output=True, text=True, env={**os.environ, "PATH": path}).stdout


def make_project(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Make the repository in `folder`, with one commit and no results, and make it the working directory."""
    (folder / "stages").mkdir(parents=True)
    monkeypatch.chdir(folder)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    git("init", "-q", "-b", "main")
    git("config", "user.name", "test")
    git("config", "user.email", "test@example.invalid")
    Repo.init().close()
    shutil.copy(ROOT / ".dvc" / "config", ".dvc/config")
    shutil.copy(ROOT / "params.yaml", "params.yaml")
    shutil.copytree(ROOT / "profiles", "profiles")
    change(simulate__enabled=True, corpus__root="/data/corpus", corpus__labels_root="/data/corpus")
    change(identities__root="/data/faces", identities__list="/data/faces/list.txt")
    Path("stages/evaluate.py").write_text(STAGE)
    Path("dvc.yaml").write_text(yaml.safe_dump(DVC_YAML, sort_keys=False))
    Path(".gitignore").write_text("/results\n/models\n/saliency\n/data\n/studies\n/report.html\n")
    git("add", "-A")
    git("commit", "-qm", "code")
    return folder


def change(**values: Any) -> None:
    """Change parameters in params.yaml; they are passed as section__key=value."""
    path = Path("params.yaml")
    params = yaml.safe_load(path.read_text())
    for name, value in values.items():
        section, key = name.split("__")
        params[section][key] = value
    path.write_text(yaml.safe_dump(params, sort_keys=False))


def run_here(message: str, **values: Any) -> None:
    """Change parameters, run the pipeline in the workspace, and commit."""
    change(**values)
    dvc("repro", "-q")
    git("add", "-A")
    git("commit", "-qm", message)


def study_file(path: Path, **content: object) -> Path:
    """Write a study file."""
    values: Mapping[str, object] = {"name": "mine", "title": "Mine", **content}
    path.write_text(yaml.safe_dump(dict(values), sort_keys=False))
    return path
