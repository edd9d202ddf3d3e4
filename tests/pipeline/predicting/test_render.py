"""The table and the JSON output of `msn predict`."""

import json
import os
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from pipeline.models.model_folder import ModelFolder
from pipeline.predicting.estimate import Estimate, Failure, Span
from pipeline.predicting.render import curve, show, succeeded, to_json
from pipeline.records.origin import Origin
from pipeline.severity.scale import scale_of
from tests.pipeline.predicting.material import WITH_FACE, WITHOUT_FACE
from tests.pipeline.training.material import INPUT_SPEC, MODEL

BROKEN = Failure(Path("films/odd.mp4"), "not readable as a video")


def _printed(*results: Estimate | Failure) -> str:
    console = Console(width=110, record=True, quiet=False, file=open("/dev/null", "w"))  # noqa: SIM115
    show(console, results, scale_of())
    return console.export_text()


def test_the_table_shows_the_estimates() -> None:
    text = _printed(WITH_FACE, WITHOUT_FACE, BROKEN)
    row = next(line for line in text.splitlines() if "talk.mp4" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")] == [
        "talk.mp4",
        "0:10",
        "80 %",
        "2",
        "▂·▅",  # 10.5 of 63 is 1.3 of 8 steps, 33.75 is 4.3
        "18.2",
        "mild",
    ]
    assert "no diagnosis" in text
    assert "a face in only 80 % of the frames\n  talk.mp4" in text
    assert "not estimated: no face was found\n  wall.mp4" in text
    assert "not estimated: not readable as a video\n  odd.mp4" in text


def test_a_demonstration_is_marked_and_has_no_band() -> None:
    estimate = replace(WITH_FACE, demonstration=True)
    row = next(line for line in _printed(estimate).splitlines() if "talk.mp4" in line)
    assert [cell.strip() for cell in row.strip("│").split("│")][-2:] == ["18.2", "demonstration"]
    folder = ModelFolder("clip_network", {}, 8, INPUT_SPEC, origin=Origin("drawn", 2.0, "dynamics"))
    content = json.loads(to_json([estimate, WITH_FACE], Path("models/mine"), "abc", folder))
    assert [(video["band"], video["demonstration"]) for video in content["videos"]] == [(None, True), ("mild", False)]
    assert content["model"]["origin"] == {"kind": "drawn", "cue": 2.0, "cue_in": "dynamics"}


def test_a_note_on_many_videos_is_printed_once() -> None:
    failures = [Failure(Path(f"{number}.mp4"), "the file is empty") for number in range(11)]
    lines = [line.strip() for line in _printed(*failures).splitlines()]
    assert lines.count("not estimated: the file is empty") == 1
    assert "0.mp4, 1.mp4, 2.mp4, 3.mp4, 4.mp4, 5.mp4, 6.mp4, 7.mp4 and 3 more" in lines


def test_the_json_has_all_results() -> None:
    folder = ModelFolder("clip_network", {}, 8, INPUT_SPEC, MODEL.model_dump(mode="json"))
    content = json.loads(to_json([WITH_FACE, WITHOUT_FACE, BROKEN], Path("models/mine"), "abc", folder))
    assert list(content) == ["notice", "model", "videos"]
    assert "no diagnosis" in content["notice"]
    assert (content["model"]["folder"], content["model"]["sha256"], content["model"]["span"]) == (
        "models/mine",
        "abc",
        8,
    )
    assert content["model"]["estimator"] == {"name": "clip_network", "settings": {}}
    assert "clip" not in content["model"]
    assert (content["model"]["name"], content["model"]["depth"]) == ("msn", 27)
    assert content["model"]["footage"]["rates"] == [3.75, 3.75, 3.75]
    talk, wall, odd = content["videos"]
    assert talk == {
        "video": "films/talk.mp4",
        "estimate": 18.25,
        "band": "mild",
        "demonstration": False,
        "error": None,
        "notes": ["a face in only 80 % of the frames"],
        "seconds": 10.0,
        "frames": 75,
        "coverage": 0.8,
        "frames_per_second": 30.0,
        "faces_per_second": 3.75,
        "clips": [
            {"start": 0.0, "end": 4.0, "phase": 0, "weight": 16, "estimate": 10.5},
            {"start": 6.0, "end": 10.0, "phase": 0, "weight": 8, "estimate": 33.75},
        ],
    }
    assert (wall["estimate"], wall["band"], wall["error"], wall["clips"]) == (None, None, "no face was found", [])
    assert odd == {"video": "films/odd.mp4", "estimate": None, "band": None, "error": "not readable as a video"}


def test_the_json_of_an_estimator_that_is_no_network_has_no_parameters_of_one() -> None:
    folder = ModelFolder("lpq_svr", {"window": 7, "grid": 4}, 1, INPUT_SPEC)
    model = json.loads(to_json([WITH_FACE], Path("models/mine"), "abc", folder))["model"]
    assert list(model) == ["folder", "sha256", "span", "estimator", "footage", "severity_scale"]
    assert model["estimator"] == {"name": "lpq_svr", "settings": {"window": 7, "grid": 4}}


def test_names_of_files_are_no_markup() -> None:
    names = ["My story [dQw4w9WgXcQ].mkv", "a:smile:b.mkv", "[bold]x[.mkv", "Ba$$in.mkv"]
    text = _printed(*(replace(WITH_FACE, video=Path(name)) for name in names), Failure(Path("[red]y.mkv"), "[red]no"))
    for name in names:
        assert text.count(name) == 2  # in the table and beside the note
    assert "not estimated: [red]no\n  [red]y.mkv" in text


def test_names_of_files_cannot_act_on_the_terminal_or_hide() -> None:
    video = Path(os.fsdecode(b"new\nline \x1b[31m \xe2\x80\xae latin\xe9.mkv"))
    text = _printed(replace(WITH_FACE, video=video))
    assert text.count(r"new\nline \x1b[31m \u202e latin\udce9.mkv") == 2
    folder = ModelFolder("clip_network", {}, 8, INPUT_SPEC)
    content = to_json([replace(WITH_FACE, video=video)], Path("models/mine"), "abc", folder)
    assert content.isascii()
    assert json.loads(content)["videos"][0]["video"] == str(video)


def test_a_file_that_was_not_written_is_named_beside_the_estimate() -> None:
    result = replace(WITH_FACE, unwritten=("out/talk.figure.png: the disk is full",))
    text = _printed(result)
    assert "18.2" in text and "not written: out/talk.figure.png: the disk is full\n  talk.mp4" in text
    folder = ModelFolder("clip_network", {}, 8, INPUT_SPEC)
    (video,) = json.loads(to_json([result], Path("models/mine"), "abc", folder))["videos"]
    assert (video["estimate"], video["error"]) == (18.25, None)
    assert video["notes"][-1] == "not written: out/talk.figure.png: the disk is full"
    assert not succeeded([result])


def test_succeeded_needs_an_estimate_for_every_video() -> None:
    assert succeeded([WITH_FACE, WITH_FACE])
    assert not succeeded([WITH_FACE, WITHOUT_FACE])
    assert not succeeded([BROKEN, WITH_FACE])


def test_the_curve_clips_estimates_to_the_scale() -> None:
    spans = [Span(0.0, 1.0, 0, 8, -5.0), Span(1.0, 2.0, 0, 8, 70.0), Span(2.0, 3.0, 0, 8, 31.5)]
    assert curve(spans, 3.0, scale_of()) == "▁█▅"
    assert curve([], 3.0, scale_of()) == "·"
    assert len(curve([Span(float(n), n + 1.0, 0, 8, 20.0) for n in range(500)], 500.0, scale_of())) == 16
