"""Figure 6 of two experiments side by side, read from the cache of a small Git and DVC repository."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from dvc.repo import Repo
from typer.testing import CliRunner

from pipeline.cli import app
from pipeline.comparing.saliency import compare_saliency
from pipeline.saliency.explanation import write_explanation
from pipeline.saliency.figure import Column, write_figure6
from pipeline.severity.scale import scale_of
from tests.pipeline.saliency.material import explanation

NETWORKS = ("MSN-69, kernels 3", "MSN-69, kernels 3 5 7")


@pytest.fixture
def commit(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """A function that commits and tags explanations, in a repository that is the working directory."""
    folder = tmp_path / "project"
    folder.mkdir()
    monkeypatch.chdir(folder)
    for arguments in (
        ("init", "-q"),
        ("config", "user.name", "test"),
        ("config", "user.email", "test@example.invalid"),
    ):
        subprocess.run(["git", *arguments], check=True)
    Repo.init().close()

    def run(tag: str, network: str, seed: int = 0, bands: tuple[str, ...] = ("mild", "severe")) -> None:
        shutil.rmtree("saliency", ignore_errors=True)
        for band in bands:
            write_explanation(Path("saliency") / band, explanation(band, seed=seed, network=network))
        with Repo() as repo:
            repo.add("saliency")
        subprocess.run(["git", "add", "-A"], check=True)
        subprocess.run(["git", "commit", "-qm", tag], check=True)
        subprocess.run(["git", "tag", tag], check=True)

    return run


def _expected(path: Path, names: tuple[str, str]) -> bytes:
    columns = [
        Column(name, {band: explanation(band, network=network) for band in ("mild", "severe")})
        for name, network in zip(names, NETWORKS, strict=True)
    ]
    write_figure6(path, columns, scale_of())
    return path.read_bytes()


def test_both_are_read_from_the_cache(commit: Callable[..., None], tmp_path: Path) -> None:
    commit("single", NETWORKS[0])
    commit("multi", NETWORKS[1])
    before = sorted(Path("saliency").rglob("*"))
    assert compare_saliency("single", "multi", Path("pictures/one.png")) == pytest.approx(1)  # equal relevance
    assert Path("pictures/one.png").read_bytes() == _expected(tmp_path / "expected", ("single", "multi"))
    compare_saliency("single", "workspace", Path("two.png"))
    assert Path("two.png").read_bytes() == _expected(tmp_path / "expected", ("single", "workspace"))
    assert sorted(Path("saliency").rglob("*")) == before
    assert not list(Path().rglob("*.partial"))


def test_different_clips_are_refused(commit: Callable[..., None]) -> None:
    commit("single", NETWORKS[0])
    commit("other-faces", NETWORKS[1], seed=5)
    commit("fewer-bands", NETWORKS[1], bands=("mild",))
    with pytest.raises(ValueError, match=r"single and other-faces explain different clips \(mild, severe\)"):
        compare_saliency("single", "other-faces", Path("one.png"))
    with pytest.raises(ValueError, match=r"single and fewer-bands explain different clips \(severe\)"):
        compare_saliency("single", "fewer-bands", Path("one.png"))
    assert not Path("one.png").exists()


def test_errors_name_what_is_missing(commit: Callable[..., None]) -> None:
    commit("single", NETWORKS[0])
    commit("multi", NETWORKS[1])
    with pytest.raises(ValueError, match="nobody: neither an experiment nor a revision of Git"):
        compare_saliency("single", "nobody", Path("one.png"))
    subprocess.run(["git", "rm", "-q", "saliency.dvc"], check=True)
    subprocess.run(["git", "commit", "-qm", "before there was a stage explain"], check=True)
    with pytest.raises(ValueError, match="HEAD: its saliency is not in DVC's cache"):
        compare_saliency("HEAD", "single", Path("one.png"))
    shutil.rmtree(".dvc/cache")
    with pytest.raises(ValueError, match=r"single: its saliency is not in DVC's cache.*`dvc exp apply single`"):
        compare_saliency("single", "multi", Path("one.png"))
    shutil.rmtree("saliency")
    result = CliRunner().invoke(app, ["compare-saliency", "workspace", "single"])
    assert result.exit_code == 1
    assert "msn: workspace: there is no saliency; run the pipeline first (dvc repro)" in result.output


def test_an_experiment_that_cannot_be_explained_says_so(commit: Callable[..., None]) -> None:
    commit("single", NETWORKS[0])
    shutil.rmtree("saliency")
    Path("saliency").mkdir()
    Path("saliency/not_explained.txt").write_text("lpq_svr is no network, so no saliency map explains it\n")
    with pytest.raises(ValueError, match="workspace: lpq_svr is no network, so no saliency map explains it"):
        compare_saliency("single", "workspace", Path("one.png"))


def test_outside_a_repository(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(ValueError, match="one: DVC cannot read it here: "):
        compare_saliency("one", "two", Path("one.png"))
