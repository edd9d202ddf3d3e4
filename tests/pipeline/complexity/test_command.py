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


def test_table_of_all_networks_and_the_paper() -> None:
    text = _run("--no-timing").stdout
    for expected in ("77.717 M", "32.114 M", "13.075 M", "100.51", "0.074", "164.9", "cannot be compute"):
        assert expected in text
    assert [row["model"] for row in json.loads(_run("--json").stdout)] == ["MSN-69 (3, 5, 7)", "C3D", "I3D"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--depth", "68"), "model.depth is 68; allowed: 27, 36, 51, 69 or 99"),
        (("--kernels", "3,4"), "model.kernels is [3, 4]; allowed: a list of distinct odd numbers"),
        (("--kernels", "3;5"), "--kernels is 3;5; allowed: odd numbers separated by commas, as 3,5,7"),
        (("--model", "resnet"), 'model.name is "resnet"; allowed: msn, c3d or i3d'),
        (("--model", "c3d", "--clip", "8"), "allowed: 16 to 31 frames"),
    ],
)
def test_invalid_arguments_are_refused(arguments: tuple[str, ...], message: str) -> None:
    result = _run(*arguments, "--json")
    assert result.exit_code == 1
    assert message in result.stderr
