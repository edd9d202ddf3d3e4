"""The report: its content, the data that it must not contain, and its layout in a browser."""

import base64
import hashlib
import itertools
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app
from pipeline.experiments.outcome import Outcome
from pipeline.experiments.repository import Experiment
from pipeline.report.blocks import Section, Table
from pipeline.report.page import render
from pipeline.report.sections import section_saliency
from tests.pipeline.experiments.material import change, git, make_project, run_here, study_file
from tests.pipeline.report.browser import console_messages, measure_layout, print_to_pdf


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A repository with results in two commits, of which the first is an experiment of a study, and a report."""
    folder = tmp_path_factory.mktemp("report") / "project"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DVC_SITE_CACHE_DIR", str(tmp_path_factory.mktemp("site")))
        make_project(folder, patch)
        run_here("depth 27")
        run_here("depth 69", model__depth=69)
        study_file(
            folder / "mine.yaml", grids=[{"values": {"model.depth": [27, 36]}}], table="figure4", x="model.depth"
        )
        baseline = git("rev-parse", "HEAD~2").strip()
        git("update-ref", f"refs/exps/{baseline[:2]}/{baseline[2:]}/mine-27", "HEAD~1")  # as DVC stores experiments
        change(model__name="c3d")  # the workspace differs from what is reported
        result = _report("HEAD", "HEAD~1", "--study", "mine.yaml")
        assert result.exit_code == 0, result.output
        assert result.output.startswith("report.html (")
    return folder


@pytest.fixture
def page(project: Path) -> str:
    return (project / "report.html").read_text()


def _report(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["report", *arguments])


class PageParser(HTMLParser):
    """Collects the tags with their attributes, and the text of a page."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[str] = []
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    def elements(self, name: str) -> list[dict[str, str | None]]:
        return [attributes for tag, attributes in self.tags if tag == name]


def test_content(page: str) -> None:
    text = " ".join(" ".join(PageParser(page).texts).split())
    assert "MSN-69 (3, 5, 7) x 0.125 on AVEC2014" in text  # whose root is elsewhere, whatever simulate.enabled says
    assert "It does not diagnose" in text
    assert "RMSE 3.46 (2.46 to 4.46) points over 6 test videos" in text  # 69 / 20 + 1 / 100
    assert "RMSE: of these two runs, HEAD~1 is better than HEAD by 2.10 points (2.10 to 2.10): more than other" in text
    assert (
        "The model is of one training: what other seeds would give is not in them. Without brackets, there is" in text
    )
    assert "Seeds were not varied: a difference is one of two runs, and may be luck of training." in text
    assert "3 5 7 7.90 5.98 7.61 5.82 3.46 (2.46 to 4.46)" in text  # table 2, the paper beside ours
    assert "MSN 77.7 0.074 164.9 69.00 2.00" in text  # table 5
    assert "PHOG (Cummins) 10.45 \N{EN DASH}" in text
    assert "model.width 0.125 1.0" in text  # differs from the profile
    assert "torch 2.14" in text
    assert "frames without a face 25.00\N{NO-BREAK SPACE}%" in text.replace(" %", "\N{NO-BREAK SPACE}%")
    # figure 4: the study's row, and the reported experiment
    assert "27 1.36 (0.36 to 2.36) 1.36 (0.36 to 2.36) 69 3.46" in text
    assert "36 - - - - - 1 not finished" in text.replace("\N{EN DASH}", "-")
    assert re.search(r"Missing: mine-depth-36-\w{6}\.", text)
    assert "different evaluations on these test labels" not in text  # this dvc.lock names no labels
    for title in (
        "Scores",
        "Experiments side by side",
        "The paper's tables",
        "Detection",
        "Model card",
        "What was run",
    ):
        assert f'">{title}</h2>' in page.replace("&#39;", "'")


def test_recordings_and_faces_are_not_shown(project: Path, page: str, monkeypatch: pytest.MonkeyPatch) -> None:
    marks = {
        name: base64.b64encode((project / path).read_bytes()).decode()
        for name, path in (
            ("figure 5", "results/figure5.png"),
            ("saliency", "saliency/figure6.png"),
            ("worst", "data/detection/worst.png"),
        )
    }
    assert [name for name, mark in marks.items() if f'{mark}"' in page] == ["figure 5"]
    monkeypatch.chdir(project)
    assert _report("HEAD", "--study", "mine.yaml", "--faces", "--output", "faces.html").exit_code == 0
    page_with_faces = Path("faces.html").read_text()
    assert [name for name, mark in marks.items() if f'{mark}"' in page_with_faces] == ["figure 5", "saliency", "worst"]
    assert "Of real people they are personal data" in page_with_faces
    text = " ".join(PageParser(page).texts)
    assert not re.findall(r"\b[123]_[12]\b", text)  # ids of the recordings
    assert "/data/corpus" not in text  # the roots of this machine
    assert hashlib.sha256(b"3_2").hexdigest()[:8] in text


def test_the_page_is_self_contained(page: str) -> None:
    parser = PageParser(page)
    assert not {"script", "link", "iframe", "object", "base"} & {
        tag for tag, attributes in parser.tags if attributes.get("rel") != "icon"
    }
    addresses = [
        value for _, attributes in parser.tags for key, value in attributes.items() if key in ("src", "href", "srcset")
    ]
    assert {str(address)[:5].split("#")[0] for address in addresses} <= {"data:", ""}
    assert "url(" not in page and "@import" not in page
    assert not [attributes for _, attributes in parser.tags if any(key.startswith("on") for key in attributes)]


def test_the_page_is_accessible(page: str) -> None:
    parser = PageParser(page)
    assert parser.elements("html") == [{"lang": "en"}]
    assert {"name": "viewport", "content": "width=device-width, initial-scale=1"} in parser.elements("meta")
    levels = [int(tag[1]) for tag, _ in parser.tags if re.fullmatch("h[1-6]", tag)]
    assert levels[0] == 1 and levels.count(1) == 1
    assert all(later <= earlier + 1 for earlier, later in itertools.pairwise(levels))
    assert all(attributes.get("alt") for attributes in parser.elements("img"))
    assert all(attributes.get("scope") in ("col", "row") for attributes in parser.elements("th"))
    assert len(parser.elements("caption")) == len(parser.elements("table")) > 8
    assert len(parser.elements("details")) == len(parser.elements("table")) + len(parser.elements("img"))
    ids = [attributes["id"] for _, attributes in parser.tags if attributes.get("id")]
    assert len(ids) == len(set(ids))
    links = [str(attributes["href"]) for attributes in parser.elements("a")]
    assert links[0] == "#content" and {link[1:] for link in links} <= set(ids)
    assert all(
        attributes.get("tabindex") == "0"
        for tag, attributes in parser.tags
        if str(attributes.get("class")).startswith("table")
    )
    assert (
        len(parser.elements("main"))
        == len(parser.elements("header"))
        == len(parser.elements("nav"))
        == len(parser.elements("footer"))
        == 1
    )


def test_names_are_escaped(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    study_file(Path("odd.yaml"), title="<script>alert(1)</script> & `x`", grids=[{"values": {"model.depth": [27]}}])
    git("tag", "-f", "a&b")
    assert _report("HEAD", "a&b", "--study", "odd.yaml", "--output", "odd.html").exit_code == 0
    odd_page = Path("odd.html").read_text()
    assert "<script" not in odd_page
    assert "&lt;script&gt;alert(1)" in odd_page
    assert "a&amp;b" in odd_page


@pytest.mark.parametrize(("width", "scrolling"), [(375, True), (1280, False)])
def test_layout_in_a_browser(page: str, tmp_path: Path, width: int, scrolling: bool) -> None:
    layout = measure_layout(page, width, tmp_path)
    assert layout["needed"] <= layout["width"] <= width
    assert (layout["scrolling"] > 0) is scrolling  # tables scroll within themselves
    assert layout["pictures"] is True
    assert layout["contrast"] >= 4.5  # WCAG 2.2, AA


def test_the_console_has_no_messages(project: Path, page: str, tmp_path: Path) -> None:
    path = tmp_path / "page.html"
    path.write_text(page.replace("<main", '<img src="http://127.0.0.1:9/x.png"><main'))
    # a request to another server gives a message
    assert any("127.0.0.1:9" in line for line in console_messages(path, tmp_path))
    path.write_text(page)
    assert console_messages(path, tmp_path) == []
    assert print_to_pdf(path, tmp_path).startswith(b"%PDF")


def test_errors_name_the_wrong_experiment_or_study(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(project)
    assert "msn: nobody: neither an experiment nor a revision of Git" in _report("nobody").output
    assert "no such study" in _report("HEAD", "--study", "nothing").output
    Path("studies").mkdir()
    study_file(Path("studies/wrong.yaml"), grids=[{"values": {"no.key": [1]}}])
    result = _report("HEAD", "--output", "other.html")
    assert result.exit_code == 0
    assert "a study is left out: mine, grid 1: no.key is not a known key of params.yaml" in result.output


def test_an_experiment_without_figure_6_says_why(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    outcome = Outcome(Experiment("workspace", None), {}, {}, {}, {}, None, {})
    section = section_saliency(outcome, faces=True)
    assert section is not None and section.paragraphs == ["There is no figure 6: run `dvc repro explain`."]
    (tmp_path / "saliency").mkdir()
    (tmp_path / "saliency/not_explained.txt").write_text("lpq_svr is no network\n")
    section = section_saliency(outcome, faces=True)
    assert section is not None and section.paragraphs == ["There is no figure 6: lpq_svr is no network."]


def test_names_are_no_markup() -> None:
    name = "<script>alert(1)</script> & <b>"
    section = Section("one", name, [name], [Table(name, [name], [[name]], [name])])
    page = render(name, [name], [section])
    assert "<script" not in page and "<b>" not in page
    assert page.count("&lt;script&gt;alert(1)&lt;/script&gt; &amp; &lt;b&gt;") >= 7
