"""What the public forge reads: the CI file, the issue templates, CITATION.cff, SECURITY.md and the changelog."""

import re
import tomllib
from pathlib import Path
from typing import Any

import pytest
import yaml

ROOT = Path(__file__).parents[1]
TEMPLATES = ("bug", "question", "feature")
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
DOI = "10.1109/TAFFC.2020.3021755"


def _yaml(path: str) -> Any:
    return yaml.safe_load((ROOT / path).read_text())


def test_ci_runs_what_people_run() -> None:
    workflow = _yaml(".github/workflows/ci.yml")
    assert set(workflow[True]) == {"push", "pull_request"}  # YAML reads the key `on` as true
    assert workflow["permissions"] == {"contents": "read"}
    (job,) = workflow["jobs"].values()
    assert job["timeout-minutes"] == 90
    versions = job["strategy"]["matrix"]["python"]
    (step,) = [step for step in job["steps"] if step.get("run") == ".ci/run"]
    assert step["env"] == {"PYTHON": "python${{ matrix.python }}"}
    assert versions == re.findall(r"Python :: (3\.\d+)", "\n".join(PROJECT["classifiers"]))
    assert all(re.fullmatch(r"actions/[a-z-]+@v\d+", step["uses"]) for step in job["steps"] if "uses" in step)
    assert any("apt-get install" in step.get("run", "") and "chromium" in step["run"] for step in job["steps"])
    (cache,) = [step["with"]["path"] for step in job["steps"] if step.get("uses", "").startswith("actions/cache@")]
    assert cache == job["env"]["PIP_CACHE_DIR"]
    assert (ROOT / ".ci/run").stat().st_mode & 0o100


@pytest.mark.parametrize("name", TEMPLATES)
def test_an_issue_template_is_whole_and_warns_of_personal_data(name: str) -> None:
    template = _yaml(f".github/ISSUE_TEMPLATE/{name}.yml")
    assert set(template) == {"name", "description", "labels", "body"}
    warning, *fields = template["body"]
    assert warning["type"] == "markdown"
    for word in ("public", "no video", "face", "label", "name"):
        assert word in warning["attributes"]["value"]
    assert {field["type"] for field in fields} <= {"textarea", "checkboxes"}
    ids = [field["id"] for field in fields]
    assert len(set(ids)) == len(ids) and all(field["attributes"]["label"] for field in fields)
    assert any("msn doctor" in field["attributes"]["label"] for field in fields)


def test_a_bug_report_needs_the_doctor_the_command_its_output_and_what_was_expected() -> None:
    fields = {field["id"]: field for field in _yaml(".github/ISSUE_TEMPLATE/bug.yml")["body"] if "id" in field}
    required = {name for name, field in fields.items() if field.get("validations", {}).get("required")}
    assert required == {"doctor", "command", "output", "expected"}
    assert fields["private"]["attributes"]["options"][0]["required"] is True


def test_there_are_no_other_templates_and_no_blank_issues() -> None:
    names = {path.name for path in (ROOT / ".github/ISSUE_TEMPLATE").iterdir()}
    assert names == {"config.yml", *(f"{name}.yml" for name in TEMPLATES)}
    assert _yaml(".github/ISSUE_TEMPLATE/config.yml") == {"blank_issues_enabled": False}


def test_the_citation_names_this_version_and_the_paper() -> None:
    citation = _yaml("CITATION.cff")
    # What the schema of version 1.2.0 requires, and the types that it allows here.
    assert {"cff-version", "message", "title", "authors"} <= set(citation)
    assert (citation["cff-version"], citation["type"]) == ("1.2.0", "software")
    assert (citation["version"], citation["license"]) == (PROJECT["version"], PROJECT["license"])
    assert [author["name"] for author in citation["authors"]] == [author["name"] for author in PROJECT["authors"]]
    (paper,) = citation["references"]
    assert {"type", "title", "authors"} <= set(paper)
    assert (paper["type"], paper["doi"], paper["year"]) == ("article", DOI, 2020)
    families = [f"{author.get('name-particle', '')} {author['family-names']}".strip() for author in paper["authors"]]
    assert families == ["de Melo", "Granger", "Hadid"]
    assert DOI in (ROOT / "README.md").read_text()


def test_the_newest_heading_of_the_changelog_is_the_version() -> None:
    headings = re.findall(r"^## (.+)$", (ROOT / "CHANGELOG.md").read_text(), re.MULTILINE)
    parsed = [re.fullmatch(r"(\d+\.\d+\.\d+) \((unreleased|\d{4}-\d\d-\d\d)\)", heading) for heading in headings]
    assert all(parsed) and parsed, headings
    versions = [match[1] for match in parsed if match]
    assert versions[0] == PROJECT["version"]
    assert versions == sorted(versions, key=lambda version: [int(part) for part in version.split(".")], reverse=True)
    assert [match[2] for match in parsed[1:] if match and match[2] == "unreleased"] == []
    released = parsed[0][2] if parsed[0] else ""
    assert str(_yaml("CITATION.cff").get("date-released", "unreleased")) == released


def test_the_known_gaps_are_said_and_no_private_material_is_asked_for() -> None:
    text = " ".join((ROOT / "SECURITY.md").read_text().split())
    for words in ("Report a vulnerability", "no videos", "MSN_LAUNCH", "/var/tmp/dvc", "msn-predict-*", "msn doctor"):
        assert words in text
    for link in re.findall(r"\]\(([^)#]+)", text):
        assert (ROOT / link).is_file(), link
