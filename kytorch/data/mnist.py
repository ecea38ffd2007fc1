"""MNIST, and what else comes in IDX files, from a folder."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np

from kytorch.data.datasets import TensorDataset
from kytorch.data.files import read_bytes
from kytorch.tensor.core import CONSTANT, make
from kytorch.tensor.values import Array

_DTYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}


def read_idx(path: str | Path) -> Array:
    """The array in an IDX file, plain or gzip (LeCun, Cortes and Burges, "The MNIST database").

    Raises OSError if it cannot be read, ValueError, which names it, if it is no such file or not whole.
    """
    content = read_bytes(path)
    if len(content) < 4 or content[:2] != b"\0\0" or content[2] not in _DTYPES:
        raise ValueError(f"{path}: is no IDX file: it begins with {content[:4].hex(' ') or 'nothing'}")
    dtype, ndim = np.dtype(_DTYPES[content[2]]), content[3]
    start = 4 + 4 * ndim
    if len(content) < start:
        raise ValueError(f"{path}: ends within the sizes of its {ndim} dimensions")
    shape = tuple(np.frombuffer(content, ">u4", ndim, 4).tolist())
    expected, found = math.prod(shape) * dtype.itemsize, len(content) - start
    if found != expected:
        raise ValueError(f"{path}: has {found} bytes of data, and {expected} are expected for shape {shape}")
    try:
        array = np.frombuffer(content, dtype, offset=start).reshape(shape)
    except ValueError as error:  # of more dimensions than NumPy's, or of none but too many elements
        raise ValueError(f"{path}: is no IDX file of shape {shape}: {error}") from None
    return array.astype(dtype.newbyteorder("="))


def read_mnist(folder: str | Path, train: bool = True) -> TensorDataset:
    """The 60,000 images to train on, or else the 10,000 to test with, each with its label.

    Images are float32 in [0, 1] of shape (1, 28, 28), labels int64. The folder has the four files under their usual
    names, plain or gzip: train-images-idx3-ubyte, t10k-labels.idx1-ubyte.gz and so on. Other sets in MNIST's format,
    as Fashion-MNIST, are read as well. Raises FileNotFoundError if a file is missing, ValueError if it is not right.
    """
    part = "train" if train else "t10k"
    image_file, label_file = _find(Path(folder), f"{part}-images", 3), _find(Path(folder), f"{part}-labels", 1)
    images, labels = read_idx(image_file), read_idx(label_file)
    for path, array, ndim in ((image_file, images, 3), (label_file, labels, 1)):
        if array.ndim != ndim or array.dtype != np.uint8:
            raise ValueError(f"{path}: has {array.dtype} of shape {array.shape}; expected uint8 in {ndim} dimensions")
    if len(images) != len(labels):
        raise ValueError(f"{image_file} has {len(images)} images, {label_file} {len(labels)} labels")
    pixels = images[:, None].astype(np.float32)
    pixels /= 255
    return TensorDataset(make(pixels, CONSTANT), make(labels.astype(np.int64), CONSTANT))


def _find(folder: Path, name: str, ndim: int) -> Path:
    names = [f"{name}{mark}idx{ndim}-ubyte{end}" for mark in "-." for end in ("", ".gz")]
    found = next((folder / each for each in names if (folder / each).is_file()), None)
    if found is None:
        raise FileNotFoundError(f"{folder}: has none of the files {', '.join(names)}; download_mnist fetches MNIST's")
    return found
