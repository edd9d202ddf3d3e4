"""The section Methods: its text follows the run, and its citations and entries agree."""

import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from pipeline.corpora.characteristics import write_characteristics
from pipeline.records.labels import Label
from pipeline.report.blocks import CopyText, Section
from pipeline.report.methods.citations import bibtex, cited_keys, references
from pipeline.report.methods.data import recordings
from pipeline.report.methods.section import methods, section_methods
from pipeline.report.subjects import CHARACTERISTICS
from pipeline.severity.scale import scale_of
from tests.pipeline.experiments.material import ROOT
from tests.pipeline.report.corpora import AVEC2014, DEMO, OWN, merged, outcome, texts

VERSIONS = {"python": "3.11.7", "torch": "2.14.0", "msn-depression": "0.1.0"}
DESCRIPTION = {
    "versions": VERSIONS,
    "trained": {"fitted": {"recordings": 160}, "validated": {"recordings": 40}, "processes": 2},
    "footage": {"rates": [3.0, 3.75, 4.0]},
}


@pytest.fixture(autouse=True)
def _in_the_repository(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)


def _text(params: dict[str, Any], **description: object) -> str:
    return "\n".join(text for _, text in methods(outcome(params, **description), []) if text)


@pytest.mark.parametrize(
    ("changes", "present", "absent"),
    [
        ({}, "MSN [@demelo2020] of depth 27 with kernels of 3, 5 and 7, at 0.125 of the published", "tran2015"),
        ({"model": {"depth": 69, "kernels": [3]}}, "of depth 69 with kernels of 3, at 0.125", "depth 27 with"),
        ({"model": {"width": 1.0, "dropout": 0.5}}, "at the published width, dropout 0.5", "no dropout"),
        ({"model": {"name": "c3d"}}, "The network is C3D [@tran2015], at 0.125", "of depth"),
        ({"model": {"name": "i3d"}}, "The network is I3D [@carreira2017]", "of depth"),
        (
            {"estimator": {"name": "frame_expectation"}, "model": {"name": "resnet50"}},
            "ResNet-50 [@he2016], at 0.125 of the published number of channels, no dropout. It estimates "
            "a distribution over all scores from a single frame, and its mean is the estimate [@demelo2019].",
            "demelo2020",
        ),
        (
            {"estimator": {"name": "lpq_svr"}},
            "local phase quantisation [@ojansivu2008] in windows of 7 pixels, as histograms of 4 x 4 regions",
            "Adam",
        ),
        ({"estimator": {"name": "lpq_svr"}}, "C and epsilon were chosen by 5 folds of subjects.", "selvaraju2017"),
        (
            {"estimator": {"name": "motion_statistics", "motion_statistics": {"lags": 9}}, "clip": {"length": 20}},
            "For lags k of 1 to 9 frames, and for the whole face, the eyes and the mouth, d(k) is the mean of "
            "(g(t + k) - g(t))^2 over pixels and over pairs of frames in one clip of 20 frames.",
            "support vector",
        ),
        ({"estimator": {"name": "motion_statistics"}}, "The penalty was chosen by 5 folds of subjects.", "epsilon"),
        (
            {"estimator": {"name": "motion_statistics"}, "finetune": {"validation": "development"}},
            "The penalty was chosen by the validation RMSE.",
            "folds of subjects",
        ),
        ({"pretrain": {"source": "none"}}, "The network was not pretrained", "SGD"),
        ({"pretrain": {"source": "/data/w"}}, "weights that were trained elsewhere. [To be described", "/data/w"),
        ({}, "A sample was mirrored with probability 0.5.", "at most one"),
        (
            {"finetune": {"augment": {"rotate": 0.25, "upside_down": 0.25, "angle": "uniform", "fill": "mean"}}},
            "mirrored with probability 0.5, rotated within 30 degrees (corners of the mean colour) with probability "
            "0.25 or turned upside down with probability 0.25; at most one of these was drawn",
            "no augmentation",
        ),
        (
            {"finetune": {"augment": {"flip": 0.0, "rotate": 1.0, "angle": "fixed", "fill": "edge"}}},
            "A sample was rotated by 30 degrees clockwise (corners of the nearest pixel) with probability 1.",
            "within 30",
        ),
        (
            {"finetune": {"augment": {"rotate": 0.5, "angle": None, "fill": None}}},
            "rotated within 30 degrees (black corners) with probability 0.5",
            "nearest pixel",
        ),
        ({"finetune": {"augment": {"flip": 0.0}}}, "There was no augmentation.", "mirrored"),
        ({}, "no recording was held out for validation. The last weights were kept.", "papadopoulos2002"),
        (
            {"finetune": {"validation": "subjects", "held_out": 0.2}},
            "20 % were held out for validation. The weights of the epoch with the smallest validation RMSE were kept.",
            "The last weights",
        ),
        ({"finetune": {"validation": "development"}}, "[@papadopoulos2002]", "held out"),
        ({"finetune": {"seed": 7}}, "The seed was 7.", "The seed was 1."),
        (
            {"corpus": {"partition": "subject_folds", "folds": 7, "fold": 3}},
            "into 7 folds of similar scores",
            "official",
        ),
        ({"align": {"method": "crop", "detector": "every"}}, "in every frame. The person", "a similarity transform"),
        ({"decode": {"fps": 25.0}}, "Videos were converted to 25 frames per second.", "native"),
        ({"subsample": {"factor": 1, "phases": 1}}, "All frames were kept.", "One frame in"),
        (
            {"subsample": {"factor": 8, "phases": 1}},
            "One frame in 8 was kept, from its first frame on.",
            "phases, which",
        ),
        (
            {"evaluate": {"order": "frozen"}},
            "the frames of its clips are frozen",
            "neither",
        ),
        ({"evaluate": {"resamples": 500}}, "a bootstrap over subjects, who are drawn with", "efron1993"),
        ({"evaluate": {"resamples": None}}, "the jackknife over subjects [@efron1993]", "davison1997"),
        ({}, "model.depth 27 (69)", "corpus.root"),
    ],
)
def test_the_text_follows_the_parameters(changes: dict[str, Any], present: str, absent: str) -> None:
    text = _text(merged(DEMO, changes))
    assert present in text
    assert absent not in text


def test_the_profile_of_the_paper_departs_in_nothing() -> None:
    text = _text(AVEC2014)
    assert "takes from the publication [@demelo2020] and its authors' code, without exception." in text
    assert "One frame in 8 was kept, in 8 phases" in text
    assert "30 epochs of SGD in batches of 24, with a learning rate of 0.01 that is multiplied by 0.1 every 10" in text


def test_what_is_recorded_is_told_and_what_is_not_is_left_to_the_author() -> None:
    known, unknown = _text(DEMO, **DESCRIPTION), _text(DEMO)
    assert "fitted to 160 recordings; 40 recordings were held out" in known
    assert "tested on 6 recordings of 3 subjects; 3 of the subjects (6 recordings) do not occur in fitting" in known
    assert "3.75 faces per second (3 to 4)" in known
    assert "fitted with python 3.11.7, torch 2.14.0 [@paszke2019], msn-depression 0.1.0 [@msndepression]." in known
    assert "2 processes fitted it. [To be described: the hardware" in known
    assert "The versions of the software that fitted the model are not known." in unknown
    assert "fitted to" not in unknown
    assert re.search(r"requirements.lock names facenet-pytorch 2\.5\.3, av [\d.]+, dvc [\d.]+;", unknown)
    assert re.search(r"The code is of revision [0-9a-f]{40}", unknown)


def test_table_1_gives_the_numbers_by_partition(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    labels = [
        Label("1", "ann", "1", "", "training", 10.0),
        Label("2", "ann", "2", "", "training", 14.0),
        Label("3", "ben", "1", "", "development", 5.0),
        Label("4", "eve", "1", "", "test", None),
    ]
    (tmp_path / "data/corpus").mkdir(parents=True)
    write_characteristics(tmp_path / CHARACTERISTICS, labels, scale_of())
    monkeypatch.chdir(tmp_path)
    assert recordings(outcome(OWN)).endswith(
        "Recordings and subjects by partition: training 2 and 1 (mean score 12.00, standard deviation 2.83); "
        "development 1 and 1 (mean score 5.00); test 1 and 1. It was tested on 6 recordings of 3 subjects; 3 of the "
        "subjects (6 recordings) do not occur in fitting."
    )


def test_baselines_are_those_of_the_evaluation() -> None:
    main = outcome(DEMO)
    (text,) = [text for title, text in methods(main, []) if title.startswith("Baselines")]
    assert text is not None and "median" not in text and "Ridge" not in text  # of which it has no intervals
    metric = main.intervals["all", "model", "rmse"]
    more = replace(main, intervals={**main.intervals, ("all", "one_frame", "rmse"): metric})
    (text,) = [text for title, text in methods(more, []) if title.startswith("Baselines")]
    assert text is not None and "Ridge regressions, fitted to the same recordings: on one frame of the face." in text


def test_studies_are_named() -> None:
    (text,) = [text for title, text in methods(outcome(DEMO), ["depth", "controls"]) if title.startswith("Baselines")]
    assert text is not None and text.endswith("were run as the studies depth, controls.")


@pytest.mark.parametrize(
    "params",
    [
        DEMO,
        AVEC2014,
        OWN,
        merged(DEMO, {"estimator": {"name": "lpq_svr"}, "finetune": {"validation": "subjects"}}),
        merged(DEMO, {"estimator": {"name": "motion_statistics"}}),
        merged(DEMO, {"estimator": {"name": "frame_expectation"}, "model": {"name": "resnet50"}}),
        merged(DEMO, {"corpus": {"layout": "avec2013", "root": "/data/avec"}, "model": {"name": "c3d"}}),
    ],
)
def test_every_citation_has_an_entry_and_every_entry_is_cited(params: dict[str, Any]) -> None:
    section = section_methods(outcome(params, **DESCRIPTION), [])
    (last,) = [block for block in section.blocks if isinstance(block, Section) and block.title == "References"]
    (entries,) = last.blocks
    assert isinstance(entries, CopyText)
    printed = re.findall(r"^@\w+\{(\w+),", entries.text, re.MULTILINE)
    prose = "\n".join(text for text in texts(section) if text != entries.text)
    assert sorted(printed) == sorted(set(re.findall(r"@([a-z]+\d*)", prose)))
    assert len(printed) >= 8


def test_references_are_complete() -> None:
    """Each entry has a title, an author, and a year or an address or is this software; all of them can be cited."""
    code = "".join(path.read_text() for path in (ROOT / "pipeline/report").rglob("*.py"))
    text = (ROOT / "pipeline/report/methods/references.bib").read_text(encoding="utf-8")
    assert len(references()) == len(re.findall("^@", text, re.MULTILINE))  # no key twice
    for key, entry in references().items():
        assert re.search(r"^  title +=", entry, re.MULTILINE), key
        assert re.search(r"^  author +=", entry, re.MULTILINE), key
        assert re.search(r"^  (year|howpublished) +=", entry, re.MULTILINE) or key == "msndepression", key
        assert entry.count("{") == entry.count("}"), key
        assert re.search(rf"@{key}\b|\"{key}\"", code), f"nothing cites {key}"


def test_a_citation_without_an_entry_is_an_error() -> None:
    assert cited_keys(["a [@lin1989; @beck1996]", "no citation: @somebody", "b [@lin1989]"]) == ["lin1989", "beck1996"]
    with pytest.raises(KeyError, match="nobody1900"):
        bibtex(["[@nobody1900]"])
