"""Readers, vocabularies and transforms of images have precise types."""

from pathlib import Path
from typing import assert_type

import numpy as np

from kytorch import Tensor
from kytorch.data import (
    Characters,
    DataLoader,
    LabelledTable,
    Table,
    TensorDataset,
    download_mnist,
    images,
    read_csv,
    read_digits,
    read_mnist,
    read_text,
    windows,
)

assert_type(read_csv("numbers.csv"), Table)
assert_type(read_csv(Path("numbers.csv"), columns=["a", 2], header=False, delimiter=";", dtype=np.float64), Table)
flowers = read_csv("flowers.csv", label="kind")
assert_type(flowers, LabelledTable)
assert_type(flowers.columns, tuple[str, ...])
assert_type(flowers.classes, tuple[str, ...])
assert_type(flowers.labels, Tensor)
assert_type(read_csv("more.csv", label=-1, classes=flowers.classes).values, Tensor)
training = TensorDataset(flowers.values, flowers.labels)

assert_type(read_digits(), TensorDataset)
folder = download_mnist("mnist", mirrors=["https://example.org/mnist"])
assert_type(folder, Path)
assert_type(read_mnist(folder, train=False), TensorDataset)

text = read_text("plays.txt")
assert_type(text, str)
vocabulary = Characters(text)
assert_type(vocabulary.characters, str)
assert_type(vocabulary.encode(text), Tensor)
assert_type(vocabulary.decode([1, 2]), str)
assert_type(vocabulary.decode(np.array([1, 2])), str)
assert_type(windows(vocabulary.encode(text), 128, stride=64), TensorDataset)


def augmented(batch: tuple[Tensor, ...], generator: np.random.Generator) -> tuple[Tensor, ...]:
    """As a loader's transform."""
    x, label = batch
    x = images.random_crop(x, (28, 28), padding=2, generator=generator)
    x = images.random_shift(x, 2, generator=generator)
    x = images.random_horizontal_flip(x, generator=generator)
    x = images.random_vertical_flip(x, 0.1, generator=generator)
    x = images.normalize(x, 0.1307, [0.3081])
    return images.cutout(x, 8, generator=generator), label


loader = DataLoader(read_mnist(folder), 64, shuffle=True, transform=augmented)
for x, _ in loader:
    assert_type(x, Tensor)
assert_type(images.normalize(Tensor(0.0), Tensor(0.0), np.ones(3)), Tensor)
