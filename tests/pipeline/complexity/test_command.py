"""The command `msn complexity`."""

import json

import pytest
from typer.testing import CliRunner, Result

from pipeline.cli import app


def _run(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["complexity", *arguments])


def test_one_network_is_one_object() -> None:
    result = _run("--model", "msn", "--depth", "69", "--kernels", "3,5,7", "--json")
    found = json.loads(result.stdout)
    assert found["parameters"] == 77_716_673
    assert round(2 * found["macs"] / 1e9, 1) == 201.0
    assert "timing" not in found


def test_all_networks_beside_the_paper() -> None:
    text = _run("--no-timing").stdout
    for told in ("77.717 M", "32.114 M", "13.075 M", "100.51", "0.074", "164.9", "cannot be compute"):
        assert told in text
    assert [found["model"] for found in json.loads(_run("--json").stdout)] == ["MSN-69 (3, 5, 7)", "C3D", "I3D"]


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--depth", "68"), "model.depth is 68; allowed: 27, 36, 51, 69 or 99"),
        (("--kernels", "3,4"), "model.kernels is [3, 4]; allowed: a list of distinct odd numbers"),
        (("--kernels", "3;5"), "--kernels is 3;5; allowed: odd numbers with commas between"),
        (("--model", "resnet"), 'model.name is "resnet"; allowed: msn, c3d or i3d'),
        (("--model", "c3d", "--clip", "8"), "allowed: 16 to 31 frames"),
    ],
)
def test_what_cannot_be_counted(arguments: tuple[str, ...], told: str) -> None:
    result = _run(*arguments, "--json")
    assert result.exit_code == 1
    assert told in result.stderr
