"""Tests of the identity images: reading them, and the split into fitted and held-out images."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

from pipeline.data.identity_images import open_identities
from pipeline.data.identity_split import split_images
from pipeline.zarr_store import read_array
from tests.pipeline.training.material import write_identities


def test_images_are_read_across_shards(tmp_path: Path) -> None:
    images = open_identities(write_identities(tmp_path / "all", [3, 4, 2], shard=4))
    whole = np.concatenate([read_array(tmp_path / "all" / f"{number:05d}", "faces") for number in range(3)])
    assert len(whole) == 9
    for number in range(9):
        np.testing.assert_array_equal(images.image(number), whole[number])
    np.testing.assert_array_equal(images.batch([8, 3, 4, 0, 3]), whole[[8, 3, 4, 0, 3]])
    assert images.labels.tolist() == [0, 0, 0, 1, 1, 1, 1, 2, 2]
    assert images.classes == ("n000000", "n000001", "n000002")


@pytest.mark.parametrize(
    ("counts", "absent", "message"),
    [
        ([5], [], "of 1 identities 1 has an image with a face"),
        ([3, 2], [3, 4], "of 2 identities 1 has an image with a face"),
        ([3, 2], range(5), "of 2 identities 0 have an image with a face"),
    ],
)
def test_fewer_than_two_identities_with_a_face_are_refused(
    tmp_path: Path, counts: list[int], absent: Sequence[int], message: str
) -> None:
    images = open_identities(write_identities(tmp_path / "all", counts, absent))
    with pytest.raises(ValueError, match=rf"{message}; .* at least 2 .*identities\.list.*align\.min_face.*none"):
        split_images(images, 0.25, seed=1)


def test_an_index_of_another_length_is_refused(tmp_path: Path) -> None:
    write_identities(tmp_path / "all", [5, 3])
    write_identities(tmp_path / "other", [5, 4])
    (tmp_path / "all" / "index").rename(tmp_path / "away")
    (tmp_path / "other" / "index").rename(tmp_path / "all" / "index")
    with pytest.raises(ValueError, match="8 images, 9 labels"):
        open_identities(tmp_path / "all")


def test_a_share_of_each_identity_is_held_out(tmp_path: Path) -> None:
    images = open_identities(write_identities(tmp_path / "all", [10, 4, 1, 2], absent=[0, 1]))
    fitted, held_out = split_images(images, 0.25, seed=1)
    assert sorted([*fitted, *held_out]) == list(range(2, 17))  # the two images without a face are in neither
    assert fitted.tolist() == sorted(fitted)
    assert np.bincount(images.labels[held_out], minlength=4).tolist() == [2, 1, 0, 0]  # of 8, 4, 1 and 2 images


def test_at_least_one_image_of_an_identity_is_fitted(tmp_path: Path) -> None:
    images = open_identities(write_identities(tmp_path / "all", [3, 2]))
    fitted, _ = split_images(images, 0.99, seed=1)
    assert np.bincount(images.labels[fitted]).tolist() == [1, 1]


def test_a_share_of_zero_holds_no_image_out(tmp_path: Path) -> None:
    images = open_identities(write_identities(tmp_path / "all", [3, 2]))
    fitted, held_out = split_images(images, 0.0, seed=1)
    assert fitted.tolist() == [0, 1, 2, 3, 4]
    assert held_out.tolist() == []


def test_the_choice_of_held_out_images_depends_on_the_seed_and_the_identity_alone(tmp_path: Path) -> None:
    few = open_identities(write_identities(tmp_path / "few", [40, 40]))
    more = open_identities(write_identities(tmp_path / "more", [40, 40, 10]))
    held_out = split_images(few, 0.25, seed=1)[1]
    np.testing.assert_array_equal(held_out, split_images(few, 0.25, seed=1)[1])
    np.testing.assert_array_equal(held_out, split_images(more, 0.25, seed=1)[1][:20])
    assert not np.array_equal(held_out, split_images(few, 0.25, seed=2)[1])


def test_an_identity_without_a_face_is_named(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    images = open_identities(write_identities(tmp_path / "all", [2, 2, 1], absent=[2, 3]))
    fitted, _ = split_images(images, 0.0, seed=1)
    assert fitted.tolist() == [0, 1, 4]
    assert "1 identities have no image with a face: n000001" in caplog.text
