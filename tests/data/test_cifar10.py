"""Mosaics: which tile is which photo."""

from pathlib import Path

import numpy as np
import pytest

from attnviz.data import cifar10
from attnviz.errors import DataError
from tests.tiny import write_cifar10


def numbered(count: int) -> np.ndarray:
    """Photo k is all (k // 256, k % 256, 7), but for its top left pixel, which is white."""
    k = np.arange(count)
    images = np.empty((count, 32, 32, 3), np.uint8)
    images[:] = np.stack([k // 256, k % 256, np.full(count, 7)], axis=-1)[:, None, None]
    images[:, 0, 0] = 255
    return images


def test_tile_k_is_in_row_k_over_100_and_column_k_mod_100(tmp_path: Path) -> None:
    write_cifar10(tmp_path, numbered(300), [k % 10 for k in range(300)])
    images, labels = cifar10.read(tmp_path, "test")
    assert np.array_equal(images, numbered(300))
    assert labels.tolist() == [k % 10 for k in range(300)]
    assert (images.dtype, labels.dtype) == (np.uint8, np.int64)


def test_mosaics_are_read_in_the_order_of_their_numbers_and_not_of_their_names(tmp_path: Path) -> None:
    write_cifar10(tmp_path, numbered(1200), [0] * 1200, mosaics=12)
    assert np.array_equal(cifar10.read(tmp_path, "test")[0], numbered(1200))


def test_splits_do_not_mix(tmp_path: Path) -> None:
    write_cifar10(tmp_path, numbered(100), [1] * 100, split="train")
    with pytest.raises(DataError, match="No CIFAR-10 mosaics in"):
        cifar10.read(tmp_path, "test")
    assert len(cifar10.read(tmp_path, "train")[0]) == 100


def test_a_label_too_few_is_refused_with_both_numbers(tmp_path: Path) -> None:
    write_cifar10(tmp_path, numbered(100), [1] * 99)
    with pytest.raises(DataError, match="100 images but 99 labels"):
        cifar10.read(tmp_path, "test")


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    write_cifar10(tmp_path, numbered(100), [1] * 100)
    (tmp_path / "cifar10" / "labels.json").unlink()
    with pytest.raises(DataError, match="that holds cifar10/ with --data"):
        cifar10.read(tmp_path, "test")
