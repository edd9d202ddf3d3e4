"""docs/tripod-ai.md has every item of TRIPOD+AI once, with an answer that leads to something that exists."""

import re
from typing import Any

import pytest
import yaml

from pipeline.report.page import sections
from tests.documentation.pages import ROOT
from tests.pipeline.report.corpora import DEMO, outcome, texts

PAGE = ROOT / "docs/tripod-ai.md"
TEXT = PAGE.read_text(encoding="utf-8")
# Table 2 of Collins and others, BMJ 2024: the parts of each item; items that are not named have none
PARTS = {3: 3, 5: 2, 6: 3, 8: 3, 9: 3, 12: 7, 18: 6, 20: 3, 23: 2, 27: 3}
ITEMS = [
    f"{number}{part}" for number in range(1, 28) for part in ("abcdefg"[: PARTS[number]] if number in PARTS else [""])
]
ROWS = re.findall(r"^\| (\d+[a-g]?) \| (.+?) \| (\w+) \| (.*?) ?\|$", TEXT, re.MULTILINE)
STATES = set(re.findall(r"^\| (\w+) \| .* \|$", TEXT.split("\n## ")[0], re.MULTILINE)) - {"state"}


def test_every_item_stands_once_in_order() -> None:
    assert len(ITEMS) == 52  # as the page says
    assert [item for item, *_ in ROWS] == ITEMS


@pytest.mark.parametrize(("item", "asks", "state", "where"), ROWS, ids=[row[0] for row in ROWS])
def test_an_answer_says_where_or_who(item: str, asks: str, state: str, where: str) -> None:
    assert asks and state in STATES == {"answered", "partly", "you", "none"}
    leads = re.search(r"\]\(|\"|`|there is none|nobody|repository", where)
    assert leads or state == "you", f"{item}: answered, and no place is named"
    if state == "partly":
        assert re.search(r"you\b|not |no layout|none|folds", where), f"{item}: what is missing?"


def test_named_sections_of_the_report_exist(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    page: set[str] = set()
    for section in sections([outcome(DEMO)], [], faces=False):
        page |= {re.sub(r"\d+ largest", "10 largest", text) for text in texts(section)}
    # Of results, which are not here
    page |= {"The 10 largest errors", "Videos by true and estimated severity band", "Calibration and agreement"}
    named = set(re.findall(r'"([^"]+)"', TEXT))
    assert {"Methods", "Scores", "Detection"} <= named
    assert named - page == set()


def test_named_parameters_metrics_and_files_exist() -> None:
    params: dict[str, Any] = yaml.safe_load((ROOT / "params.yaml").read_text())
    keys = {f"{section}.{key}" for section, values in params.items() for key in values}
    metrics = (ROOT / "docs/reference/metrics.md").read_text(encoding="utf-8")
    for name in re.findall(r"`([^`\s]+)`", TEXT):
        if name.startswith("stages/") or name == "params.yaml":
            assert (ROOT / name).is_file(), name
        elif "." in name:
            assert name in keys, name
        elif "_" in name or name == "missing":
            assert f"`{name}`" in metrics, name
