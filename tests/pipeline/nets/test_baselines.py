"""C3D and I3D against the sizes and parameter counts of their papers."""

from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from pipeline.models.description import Description
from pipeline.models.weights import load_backbone, save_weights
from pipeline.nets.build import Network, build
from pipeline.nets.heads import Head, Recognition, Regression
from tests.pipeline.training.material import MODEL


def _network(name: str, width: float = 1.0, head: Head | None = None, **changes: object) -> Network:
    model = MODEL.model_copy(update={"name": name, "width": width, **changes})
    return build(model, head or Regression(), seed=None if width == 1.0 else 0)


@pytest.mark.parametrize(("name", "count"), [("c3d", 32_113_921), ("i3d", 13_075_233)])
def test_parameter_counts(name: str, count: int) -> None:
    with torch.device("meta"):
        network = _network(name)
    assert sum(weight.numel() for weight in network.parameters()) == count


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("c3d", [(64, 16, 56, 56), (128, 8, 28, 28), (256, 4, 14, 14), (512, 2, 7, 7), (512, 1, 4, 4)]),
        ("i3d", [(64, 8, 56, 56), (192, 8, 28, 28), (480, 8, 14, 14), (832, 4, 7, 7), (1024, 2, 4, 4)]),
    ],
)
def test_output_sizes_of_each_stage(name: str, expected: list[tuple[int, ...]]) -> None:
    sizes: list[tuple[int, ...]] = []

    def record(_: nn.Module, __: object, output: Tensor) -> None:
        sizes.append(tuple(output.shape[1:]))

    with torch.device("meta"):
        network = _network(name)
        for stage in network.backbone.stages:  # type: ignore[union-attr]
            stage.register_forward_hook(record)
        assert network(torch.empty(2, 3, 16, 112, 112)).shape == (2, 1)
    assert sizes == expected


@pytest.mark.parametrize("frames", [8, 32, 64])
@pytest.mark.parametrize("name", ["msn", "i3d"])
def test_other_clip_lengths_and_sizes(name: str, frames: int) -> None:
    with torch.device("meta"):
        assert _network(name)(torch.empty(1, 3, frames, 80, 96)).shape == (1, 1)


@pytest.mark.parametrize("size", [(16, 96, 127), (31, 127, 96)])
def test_c3d_accepts_its_limits_of_clip_size(size: tuple[int, ...]) -> None:
    with torch.device("meta"):
        assert _network("c3d")(torch.empty(1, 3, *size)).shape == (1, 1)


@pytest.mark.parametrize("size", [(15, 112, 112), (32, 112, 112), (16, 95, 112), (16, 112, 128)])
def test_c3d_refuses_other_clip_sizes(size: tuple[int, ...]) -> None:
    message = f"{size[0]} frames of {size[1]} x {size[2]} pixels; allowed: 16 to 31 frames of 96 to 127 pixels"
    with torch.device("meta"), pytest.raises(ValueError, match=message):
        _network("c3d")(torch.empty(1, 3, *size))


def test_c3d_has_biases_no_batch_norm_and_dropout_after_its_fc_layers() -> None:
    network = _network("c3d", 0.0625, dropout=0.25)
    layers = list(network.modules())
    assert all(layer.bias is not None for layer in layers if isinstance(layer, nn.Conv3d))
    assert not [layer for layer in layers if isinstance(layer, nn.BatchNorm3d)]
    assert [layer.p for layer in layers if isinstance(layer, nn.Dropout)] == [0.25, 0.25]
    sizes = [(layer.in_features, layer.out_features) for layer in layers if isinstance(layer, nn.Linear)]
    assert sizes == [(32 * 16, 512), (512, 512), (512, 1)]


@pytest.mark.parametrize(
    ("name", "key"), [("c3d", "backbone.full.3.weight"), ("i3d", "backbone.stages.4.2.one.norm.bias")]
)
def test_pretrained_backbone_loads_under_a_new_head(tmp_path: Path, name: str, key: str) -> None:
    source = _network(name, 0.0625, Recognition(5))
    for weight in source.parameters():
        weight.data.add_(0.01)
    model = MODEL.model_copy(update={"name": name, "width": 0.0625})
    save_weights(tmp_path, source.state_dict(), Description(model, Recognition(5), 16))
    target = _network(name, 0.0625)
    before = target.state_dict()["head.last.weight"].clone()
    load_backbone(target, tmp_path / "weights.safetensors")
    after = target.state_dict()
    assert torch.equal(after[key], source.state_dict()[key])
    assert torch.equal(after["head.last.weight"], before)


@pytest.mark.parametrize(("name", "frames", "size"), [("c3d", 16, 96), ("i3d", 8, 32)])
def test_every_weight_gets_a_gradient(name: str, frames: int, size: int) -> None:
    network = _network(name, 0.0625)
    network(torch.randn(2, 3, frames, size, size)).sum().backward()
    without_gradient = [
        name for name, weight in network.named_parameters() if weight.grad is None or not weight.grad.any()
    ]
    assert without_gradient == []
