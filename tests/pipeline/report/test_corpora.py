"""No sentence of a report assumes a corpus: the demo, AVEC2014 and own videos each have their own."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.report.card import section_card
from pipeline.report.corpus import SIMULATED_FOLDER, corpus_name, faces_notice, is_simulated, recordings_statement
from pipeline.report.page import sections, summary, title
from pipeline.report.statements import published_error
from tests.pipeline.experiments.material import ROOT, git
from tests.pipeline.report.corpora import AVEC2014, DEMO, OWN, merged, outcome, texts

FOLDS = {"corpus": {"partition": "subject_folds", "folds": 5, "fold": 2}}
# For each run: what must stand in its report, and what must not. Texts of published numbers name AVEC in all of them.
CASES: dict[str, tuple[dict[str, Any], list[str], list[str]]] = {
    "demo": (
        DEMO,
        [
            "MSN-27 (3, 5, 7) x 0.125 on the simulated corpus",
            "a higher score makes the simulated faces move more slowly",
            "Drawn faces have no sex",
            "The recordings are simulated, in the layout of AVEC2014 [@valstar2014]: 82 drawn subjects",
            "32 drawn identities with 24 images each",
            "Ours is of another corpus (simulated corpus): it does not compare.",
            "The partitions of the simulated corpus, like those of AVEC, share subjects",
        ],
        [
            "of real people, under the licence",
            "can tell who somebody is",
            "own videos",
            "The official partitions",
            "videos.csv",
            "VGGFace2",
            "cao2018",
        ],
    ),
    "demo, tested on the second simulated corpus": (
        merged(DEMO, {"corpus": {"external": {"layout": "avec2014"}}}),
        [
            "The test partition is another simulated corpus, to which nothing was fitted",
            "whether some occur in the fitted corpus is not known",
            "Ours is tested on another corpus than it was fitted to (another simulated corpus): it does not compare.",
        ],
        ["Ours is of another corpus"],
    ),
    "AVEC2014, tested on own videos with the same people": (
        merged(AVEC2014, {"corpus": {"external": {"layout": "videos", "root": "/data/own", "shared_subjects": True}}}),
        ["The test partition is other videos of your own", "told by equal names (`corpus.external.shared_subjects`)"],
        ["occur in the fitted corpus is not known"],
    ),
    "planted in footage": (
        merged(DEMO, {"simulate": {"source": "footage", "footage": "/data/people"}}),
        [
            "MSN-27 (3, 5, 7) x 0.125 on the planted corpus",
            "The recordings are of real people, with the speed changed by the project itself: a higher score makes a "
            "recording go more slowly",
            "a count below five can tell who somebody is",
            "0.12 s x exp(-2 / 2 x u) apart",
            "the scores are made up, so nothing here can show it",
            "Everyone is in one partition",
            "32 drawn identities with 24 images each",
            "Ours is of another corpus (planted corpus): it does not compare.",
        ],
        ["simulated faces", "The recordings are simulated", "drawn subjects", "Drawn faces", "under the licence"],
    ),
    "demo without cue": (
        merged(DEMO, {"simulate": {"cue": 0.0}}),
        ["the score changes nothing in them"],
        ["move more slowly", "faces at rest"],
    ),
    "demo with the cue in the appearance": (
        merged(DEMO, {"simulate": {"cue_in": "appearance"}}),
        ["a higher score changes the faces at rest (brows, lids and mouth) and nothing else"],
        ["move more slowly"],
    ),
    "AVEC2014": (
        AVEC2014,
        [
            "MSN-69 (3, 5, 7) on AVEC2014",
            "The recordings are of real people, under the licence of AVEC2014",
            "a count below five can tell who somebody is",
            "AVEC2014 is too small to measure it",
            "The official partitions of AVEC share subjects",
            "The recordings are those of AVEC2014 [@valstar2014]",
            "the identities of VGGFace2 [@cao2018]",
            "The published RMSE of the method is 7.90 (AVEC2013) and 7.61 (AVEC2014)",
            "Ours is of another corpus (AVEC2014): it does not compare.",  # beside table 6, of AVEC2013
        ],
        [
            "imulated",
            "drawn subjects",
            "drawn identities",
            "Drawn faces",
            "own videos",
            "videos.csv",
            "the AVEC2014",
            "valstar2013",
        ],
    ),
    "AVEC2014 in folds": (
        merged(AVEC2014, FOLDS),
        [
            "Ours is tested on other videos of AVEC2014 (`corpus.partition`): it does not compare.",
            "No subject is in two partitions",
            "dealt into 5 folds of similar scores, no subject in two of them; fold 2 was tested",
        ],
        ["imulated", "share subjects", "official training"],
    ),
    "own videos": (
        OWN,
        [
            "MSN-27 (3, 5, 7) x 0.125 on own videos",
            "The recordings are your own.",
            "The recordings are our own.",
            "[To be described: recruitment",
            "The partitions are those of `videos.csv`",
            "Ours is of another corpus (own videos): it does not compare.",
            "identities [to be described: whose images identities.list names]",
        ],
        ["imulated", "drawn subjects", "drawn identities", "the own videos", "valstar2014", "licence of", "VGGFace2"],
    ),
}


@pytest.fixture
def no_results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A working directory that is a repository with profiles, and without results."""
    monkeypatch.chdir(tmp_path)
    git("init", "-q", "-b", "main")
    (tmp_path / "profiles").symlink_to(ROOT / "profiles")


@pytest.mark.usefixtures("no_results")
@pytest.mark.parametrize(("params", "present", "absent"), CASES.values(), ids=CASES)
def test_a_report_says_what_holds_for_its_corpus(params: dict[str, Any], present: list[str], absent: list[str]) -> None:
    main = outcome(params)
    parts = [text for section in sections([main], [], faces=True) for text in texts(section) if section.name != "run"]
    page = "\n".join([title(main), *summary(main), *parts])
    assert [text for text in present if text not in page] == []
    assert [text for text in absent if text in page] == []


def test_the_demo_is_simulated_only_where_its_own_corpus_is_read() -> None:
    """simulate.enabled stays true in many a params.yaml whose corpus.root was changed."""
    assert is_simulated(DEMO) and is_simulated(DEMO, "identities.root")
    assert not is_simulated(merged(DEMO, {"corpus": {"root": "/data/AVEC2014"}}))
    assert not is_simulated(merged(DEMO, {"corpus": {"root": "data/simulated2"}}))
    assert not is_simulated(merged(DEMO, {"simulate": {"enabled": False}}))
    assert corpus_name(merged(DEMO, {"corpus": {"root": "/data/AVEC2014"}})) == "AVEC2014"
    stages = yaml.safe_load((ROOT / "dvc.yaml").read_text())["stages"]
    assert stages["simulate"]["outs"] == [{SIMULATED_FOLDER: {"push": False}}]


def test_the_notice_above_faces_says_whose_they_are() -> None:
    assert "They are drawn, and of nobody." in faces_notice(DEMO)
    assert all("protect this page" in faces_notice(params) for params in (AVEC2014, OWN))
    assert "personal data" in recordings_statement(OWN)


@pytest.mark.parametrize(
    ("changes", "error"),
    [
        ({}, "7.90 (AVEC2013) and 7.61 (AVEC2014)"),
        ({"model": {"name": "c3d"}}, "9.31 (AVEC2013) and 8.99 (AVEC2014)"),
        ({"estimator": {"name": "frame_expectation"}}, "8.25 (AVEC2013) and 8.23 (AVEC2014)"),
        ({"estimator": {"name": "lpq_svr"}}, "13.61 (AVEC2013)"),
        ({"estimator": {"name": "motion_statistics"}}, None),
        ({"estimator": {"name": "somebody_elses"}}, None),
    ],
)
def test_the_published_error_is_of_the_estimator(changes: dict[str, Any], error: str | None) -> None:
    """Tables 3, 4, 6 and 7 of the paper."""
    params = merged(DEMO, changes)
    assert published_error(params) == error
    card = "\n".join(texts(section_card(outcome(params))))
    assert (f"The published RMSE of the method is {error};" in card) is (error is not None)
    assert ("cannot see how a face moves" in card) is (params["estimator"]["name"] == "frame_expectation")
    assert ("textures of the face" in card) is (params["estimator"]["name"] == "lpq_svr")
    assert ("how fast and how far a face moves" in card) is (params["estimator"]["name"] == "motion_statistics")
