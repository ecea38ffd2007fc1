"""The reader of MNIST's files."""

from __future__ import annotations

import gzip
import struct
from pathlib import Path

import numpy as np
import pytest

from kytorch.data import DataLoader, read_idx, read_mnist

IMAGES = np.random.default_rng(0).integers(0, 256, (5, 28, 28)).astype(np.uint8)
LABELS = np.array([7, 2, 1, 0, 9], np.uint8)


def idx(array: np.ndarray, code: int = 0x08) -> bytes:
    big = array.astype(array.dtype.newbyteorder(">"))
    return struct.pack(f">HBB{array.ndim}I", 0, code, array.ndim, *array.shape) + big.tobytes()


def write(folder: Path, part: str, mark: str = "-", packed: bool = False) -> None:
    for name, array in ((f"images{mark}idx3", IMAGES), (f"labels{mark}idx1", LABELS)):
        content = idx(array)
        end = ".gz" if packed else ""
        (folder / f"{part}-{name}-ubyte{end}").write_bytes(gzip.compress(content) if packed else content)


@pytest.mark.parametrize("packed", [False, True], ids=["plain", "gzip"])
@pytest.mark.parametrize("mark", "-.")
def test_images_and_labels_are_read_under_every_usual_name(tmp_path: Path, mark: str, packed: bool) -> None:
    write(tmp_path, "t10k", mark, packed)
    dataset = read_mnist(tmp_path, train=False)
    images, labels = dataset.tensors
    assert len(dataset) == 5
    assert images.shape == (5, 1, 28, 28) and images.dtype == np.float32
    assert labels.tolist() == LABELS.tolist() and labels.dtype == np.int64
    np.testing.assert_array_equal(images.numpy()[:, 0], IMAGES / np.float32(255))
    with pytest.raises(
        FileNotFoundError, match=r"has none of the files train-images-idx3.*ubyte\.gz; download_mnist fetches"
    ):
        read_mnist(str(tmp_path))


def test_training_and_test_files_are_told_apart(tmp_path: Path) -> None:
    write(tmp_path, "train")
    write(tmp_path, "t10k", packed=True)
    (tmp_path / "t10k-images-idx3-ubyte.gz").write_bytes(gzip.compress(idx(255 - IMAGES)))
    train, test = read_mnist(tmp_path), read_mnist(tmp_path, train=False)
    np.testing.assert_allclose(train.tensors[0].numpy(), 1 - test.tensors[0].numpy(), atol=1e-6)
    x, label = next(iter(DataLoader(train, batch_size=2)))
    assert x.shape == (2, 1, 28, 28) and label.tolist() == [7, 2]


@pytest.mark.parametrize(
    ("code", "dtype"), [(0x08, "u1"), (0x09, "i1"), (0x0B, "i2"), (0x0C, "i4"), (0x0D, "f4"), (0x0E, "f8")]
)
def test_an_idx_file_has_any_kind_of_number_in_any_shape(tmp_path: Path, code: int, dtype: str) -> None:
    for shape in [(), (3,), (0, 2), (2, 3, 4, 5)]:
        array = np.random.default_rng(1).integers(0, 100, shape).astype(dtype)
        (tmp_path / "file").write_bytes(idx(array, code))
        found = read_idx(tmp_path / "file")
        assert found.dtype == np.dtype(dtype) and found.shape == shape
        np.testing.assert_array_equal(found, array)


WRONG = {
    "empty": (b"", "is no IDX file: it begins with nothing"),
    "another kind of file": (b"\x89PNG\r\n\x1a\n", "is no IDX file: it begins with 89 50 4e 47"),
    "one that is like it from the third byte on": (b"PK\x08\x01" + bytes(4), "is no IDX file: it begins with 50 4b 08"),
    "an unknown type": (b"\0\0\x0a\x01" + bytes(8), "is no IDX file: it begins with 00 00 0a 01"),
    "cut in the sizes": (idx(IMAGES)[:9], "ends within the sizes of its 3 dimensions"),
    "cut in the data": (idx(IMAGES)[:-1], r"has 3919 bytes of data, and 3920 are expected for shape \(5, 28, 28\)"),
    "more data": (idx(IMAGES) + b"\0", "has 3921 bytes of data"),
    "gzip cut short": (gzip.compress(idx(IMAGES))[:-20], "the gzip file is damaged or not whole"),
    "gzip damaged": (gzip.compress(idx(IMAGES))[:-8] + bytes(8), "the gzip file is damaged or not whole"),
    "a size of four thousand million": (b"\0\0\x08\x03" + b"\xff" * 12 + b"\0", "has 1 bytes of data"),
    "sizes of more than memory": (b"\0\0\x08\x03" + bytes(4) + b"\xff" * 8, "is no IDX file of shape"),
    "more dimensions than an array's": (b"\0\0\x08\x7f" + b"\0\0\0\1" * 127 + b"\0", "is no IDX file of shape"),
    "labels for images": (idx(LABELS), "has uint8 of shape .5,.; expected uint8 in 3 dimensions"),
    "floats for images": (idx(IMAGES.astype(np.float32), 0x0D), "has float32 .*; expected uint8"),
    "fewer images": (idx(IMAGES[:3]), "has 3 images, .*t10k-labels-idx1-ubyte 5 labels"),
}


@pytest.mark.parametrize(("content", "said"), WRONG.values(), ids=WRONG)
def test_a_file_that_is_not_right_is_named(tmp_path: Path, content: bytes, said: str) -> None:
    write(tmp_path, "t10k")
    (tmp_path / "t10k-images-idx3-ubyte").write_bytes(content)
    with pytest.raises(ValueError, match=rf"t10k-images-idx3-ubyte:? {said}"):
        read_mnist(tmp_path, train=False)
