"""What leaves the machine names no person and no place: all outputs of a run whose every name is telling.

docs/how-to/privacy.md says what leaves. The stages run here, DVC commits and pushes what they wrote, and every file is
unpacked and searched. Exported models are searched in tests/pipeline/exporting.
"""

import csv
import importlib
import platform
import shlex
import shutil
import socket
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
import yaml
from dvc.repo import Repo
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.models.description import Description
from pipeline.models.weights import save_weights
from pipeline.nets.build import build
from pipeline.nets.heads import Recognition
from pipeline.params.check import check_params
from stages import simulate
from tests.pipeline.experiments.material import git
from tests.unpacked import unpacked

ROOT = Path(__file__).parents[2]
STAGES: dict[str, Any] = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
COPIED = (
    "pipeline",
    "stages",
    "profiles",
    "dvc.yaml",
    ".dvcignore",
    ".gitignore",
    "footage",
    ".dvc/config",
    ".dvc/.gitignore",
)
NAMES = {  # of people and places
    "recording": "recording-of-quux",
    "file": "film-of-quux",
    "folder": "visit-of-quux",
    "subject": "subject-quux",
    "session": "session-quux",
    "identity": "identity-quux",
    "image": "portrait-of-quux",
    "user": "login-quux",
    "host": "host-quux",
    "home": "home-of-quux",
    "project": "project-of-quux",
    "corpus": "corpus-of-quux",
    "identities": "faces-of-quux",
    "weights": "weights-of-quux",
    "weights file": "network-of-quux",
    "code": str(ROOT),
    "environment": sys.prefix,
}
VARIANTS: dict[str, dict[str, Any]] = {  # changes of the parameters; the second adopts weights from elsewhere
    "network": {},
    "no network": {
        "pretrain": {"source": f"{NAMES['weights']}/{NAMES['weights file']}.safetensors"},
        "estimator": {"name": "lpq_svr"},
    },
}


@dataclass(frozen=True)
class Run:
    """A project after a run, committed and pushed.

    Attributes:
        folder: of the project.
        remote: the folder that DVC pushed to.
        opaque: the opaque ids of the recordings.
    """

    folder: Path
    remote: Path
    opaque: frozenset[str]

    def tracked(self) -> list[Path]:
        return [self.folder / name for name in git("ls-files").splitlines()]


@pytest.fixture(scope="module")
def workplace(tmp_path_factory: pytest.TempPathFactory, smallest: dict[str, Any]) -> Iterator[Path]:
    """A folder with a corpus and identities whose names are telling, on a machine and of a user whose names are."""
    folder = tmp_path_factory.mktemp("workplace")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("MSN_WORKERS", "1")
        patch.setenv("MSN_DEVICE", "cpu")
        patch.setenv("DVC_SITE_CACHE_DIR", str(folder / "site"))
        simulate.main(check_params(smallest), folder / "simulated")
        for name in ("USER", "LOGNAME", "USERNAME"):
            patch.setenv(name, NAMES["user"])
        patch.setenv("HOME", str(folder / NAMES["home"]))
        patch.setenv("HOSTNAME", NAMES["host"])
        for module, function in ((socket, "gethostname"), (platform, "node")):
            patch.setattr(module, function, lambda: NAMES["host"])
        _write_corpus(folder / "simulated/avec2014", folder / NAMES["corpus"])
        _write_identities(folder / "simulated/vggface2/train", folder / NAMES["identities"])
        yield folder


@pytest.fixture(scope="module", params=VARIANTS)
def run(request: pytest.FixtureRequest, workplace: Path, smallest: dict[str, Any]) -> Iterator[Run]:
    """A run of all stages in a project of its own, in Git and pushed by DVC, with a report."""
    folder, remote = workplace / NAMES["project"] / request.param, workplace / "remote" / request.param
    for name in COPIED:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        copy = shutil.copytree if (ROOT / name).is_dir() else shutil.copy
        copy(ROOT / name, target)
    (folder / ".dvc/config.local").write_text(f"[core]\nremote = there\n['remote \"there\"']\nurl = {remote}\n")
    values = _values(workplace, smallest, VARIANTS[request.param])
    (folder / "params.yaml").write_text(yaml.safe_dump(values, sort_keys=False))
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setenv("MSN_WORK", str(workplace / "work"))
        git("init", "-q")
        git("config", "user.name", "test")
        git("config", "user.email", "test@example.invalid")
        _commit("code")  # DVCLive asks Git for the last commit
        for stage, definition in STAGES.items():
            paths = [Path(word) for word in shlex.split(definition["cmd"])[4:]]
            importlib.import_module(f"stages.{stage}").main(check_params(values), *paths)
        with Repo() as repo:
            repo.commit(force=True)
            repo.push()
        result = CliRunner().invoke(app, ["report"])
        assert result.exit_code == 0, result.output
        _commit("run")
        videos = (workplace / NAMES["corpus"]).rglob("*.mp4")
        yield Run(folder, remote, frozenset(sha256(path.read_bytes()).hexdigest()[:8] for path in videos))


def _write_corpus(simulated: Path, root: Path) -> None:
    """Copy the simulated videos to the layout `videos`."""
    (root / NAMES["folder"]).mkdir(parents=True)
    partitions = {"Training": "training", "Development": "development", "Testing": "test"}
    with (root / "videos.csv").open("w", newline="") as stream:
        table = csv.writer(stream)
        table.writerow(["video_id", "path", "subject", "session", "partition", "score"])
        for number, video in enumerate(sorted(simulated.rglob("*.mp4"))):
            subject, session, _ = video.stem.split("_", 2)
            score = next(simulated.rglob(f"{subject}_{session}_Depression.csv")).read_text().strip()
            path = f"{NAMES['folder']}/{NAMES['file']}-{number}.mp4"
            shutil.copy(video, root / path)
            names = [f"{NAMES['recording']}-{number}", path, f"{NAMES['subject']}-{subject}"]
            table.writerow([*names, f"{NAMES['session']}-{session}", partitions[video.parts[-3]], score])


def _write_identities(simulated: Path, root: Path) -> None:
    """Copy the simulated identities, and list their images."""
    entries = []
    for number, image in enumerate(sorted(simulated.rglob("*.jpg"))):
        entries.append(f"{NAMES['identity']}-{image.parent.name}/{NAMES['image']}-{number}.jpg")
        (root / entries[-1]).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(image, root / entries[-1])
    (root / "list.txt").write_text("".join(f"{entry}\n" for entry in entries))


def _values(workplace: Path, smallest: dict[str, Any], variant: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a run over the corpus; weights to be adopted are written."""
    corpus, identities = workplace / NAMES["corpus"], workplace / NAMES["identities"]
    changes: dict[str, Any] = {
        "simulate": {"enabled": False},
        "corpus": {"layout": "videos", "root": str(corpus), "labels_root": str(corpus)},
        "identities": {"root": str(identities), "list": str(identities / "list.txt"), "landmarks": "detect"},
        **variant,
    }
    values = {section: {**keys, **changes.get(section, {})} for section, keys in smallest.items()}
    if values["pretrain"]["source"] != "train":
        weights = workplace / values["pretrain"]["source"]
        model = check_params(values).model
        weights.parent.mkdir()
        network = build(model, Recognition(2), seed=1)
        save_weights(weights.parent, network.state_dict(), Description(model, Recognition(2), 8))
        (weights.parent / "weights.safetensors").rename(weights)
        values["pretrain"]["source"] = str(weights)
    return values


def _commit(message: str) -> None:
    git("add", "-A")
    git("commit", "-qm", message)


def _held(path: Path, names: dict[str, str]) -> set[str]:
    """Return the keys of the names that a file holds, in its own name or packed in its content."""
    parts = [part.lower() for part in unpacked(path)]
    return {key for key, name in names.items() if any(name.lower().encode() in part for part in parts)}


def _ids(run: Run) -> dict[str, str]:
    """Return the opaque ids as names to search for."""
    return {opaque: opaque for opaque in run.opaque}


def _files(*paths: Path) -> list[Path]:
    return [
        file for path in paths for file in ([path] if path.is_file() else sorted(path.rglob("*"))) if file.is_file()
    ]


def _pushed_outputs() -> list[str]:
    """Return the outputs that dvc.yaml does not keep here."""
    outputs = [entry for stage in STAGES.values() for kind in ("outs", "metrics") for entry in stage.get(kind, [])]
    settings = [entry if isinstance(entry, dict) else {entry: {}} for entry in outputs]
    return [path for entry in settings for path, flags in entry.items() if flags.get("push", True)]


def test_the_search_finds_the_names_in_what_stays(run: Run) -> None:
    recordings, predictions = run.folder / "data/corpus/recordings.csv", run.folder / "results/predictions.csv"
    assert _held(recordings, NAMES) == {"recording", "file", "folder", "corpus"}
    assert _held(predictions, NAMES) == {"recording", "subject", "session"}
    assert _held(run.folder / "data/identities/classes.txt", NAMES) == {"identity"}
    assert _held(recordings, dict.fromkeys("x", min(run.opaque))) == {"x"}
    assert len(run.opaque) == 12
    assert (run.folder / "data/decoded" / f"{NAMES['recording']}-0/quality.json").is_file()
    assert len(_held(run.folder / "report.html", _ids(run))) == 4  # the largest errors of four test videos


def test_outputs_that_may_leave_name_nobody_and_no_place(run: Run) -> None:
    names = {**NAMES, **_ids(run)}
    outputs = [*_pushed_outputs(), "models/finetuned"]  # which people copy by hand
    files = _files(*(run.folder / path for path in outputs))
    assert {"metrics.json", "detection.json", "complexity.json"} < {file.name for file in files}
    assert {str(file.relative_to(run.folder)): held for file in files if (held := _held(file, names))} == {}


def test_git_holds_the_roots_of_params_yaml_and_no_other_name(run: Run) -> None:
    held = {path.name: keys for path in run.tracked() if (keys := _held(path, {**NAMES, **_ids(run)}))}
    paths = {"corpus", "identities", *({"weights", "weights file"} if run.folder.name == "no network" else ())}
    assert held == {"params.yaml": paths, "dvc.lock": paths}


def test_what_dvc_pushes_names_nobody_and_no_place(run: Run) -> None:
    names = {**NAMES, **_ids(run)}
    files = _files(run.remote)
    pushed = {path.read_bytes() for path in files}
    weights = "weights.safetensors"
    assert (run.folder / "models/pretrained" / weights).read_bytes() in pushed
    assert (run.folder / "models/finetuned" / weights).read_bytes() not in pushed
    assert [held for path in files if (held := _held(path, names))] == []


def test_a_report_names_nobody_and_no_place(run: Run) -> None:
    assert _held(run.folder / "report.html", NAMES) == set()
