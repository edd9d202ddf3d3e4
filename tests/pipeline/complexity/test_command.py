"""The command `msn complexity`."""

import json

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["complexity", *arguments])


def test_json_of_one_network_is_an_object() -> None:
    result = _run("--model", "msn", "--depth", "69", "--kernels", "3,5,7", "--json")
    values = json.loads(result.stdout)
    assert values["parameters"] == 77_716_673
    assert round(2 * values["macs"] / 1e9, 1) == 201.0
    assert "timing" not in values
    assert (values["model"], values["frames"], values["size"]) == ("MSN-69 (3, 5, 7)", 16, 112)


def test_a_network_of_single_frames_is_given_one_frame() -> None:
    values = json.loads(_run("--model", "resnet50", "--json").stdout)
    assert (values["model"], values["frames"], values["size"]) == ("ResNet-50", 1, 112)
    assert values["parameters"] == 25_557_032 - 1000 * 2049 + 64 * 2049  # torchvision's, with 64 outputs for 1000
    assert json.loads(_run("--model", "resnet50", "--clip", "32", "--json").stdout) == values


def test_table_of_all_networks_and_the_paper() -> None:
    text = _run("--no-timing").stdout
    for expected in (
        "77.717 M",
        "32.114 M",
        "13.075 M",
        "100.51",
        "0.074",
        "164.9",
        "cannot be a count of computations",
    ):
        assert expected in text
    cells = [cell.strip() for line in text.splitlines() if "ResNet-50" in line for cell in line.strip("│").split("│")]
    assert cells == ["ResNet-50, one frame", "23.639 M", "1.08", "", "", ""]  # it is not in the paper
    rows = json.loads(_run("--json").stdout)
    assert [row["model"] for row in rows] == ["MSN-69 (3, 5, 7)", "C3D", "I3D", "ResNet-50"]
    assert [row["frames"] for row in rows] == [16, 16, 16, 1]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--depth", "68"), "model.depth is 68; allowed: 27, 36, 51, 69 or 99"),
        (("--kernels", "3,4"), "model.kernels is [3, 4]; allowed: a list of distinct odd numbers"),
        (("--kernels", "3;5"), "--kernels is 3;5; allowed: odd numbers separated by commas, as 3,5,7"),
        (
            ("--model", "resnet"),
            'model.name is "resnet"; allowed: msn, c3d or i3d (networks of clips) or resnet50 (a network of single '
            "frames)",
        ),
        (("--model", "c3d", "--clip", "8"), "allowed: 16 to 31 frames"),
    ],
)
def test_invalid_arguments_are_refused(arguments: tuple[str, ...], message: str) -> None:
    result = _run(*arguments, "--json")
    assert result.exit_code == 1
    assert message in result.stderr
