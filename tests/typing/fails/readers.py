"""Misuse of readers, vocabularies and transforms of images: each line marked with an error is refused, and no other."""
# ruff: noqa: B018

import numpy as np

from kytorch import Tensor
from kytorch.data import Characters, download_mnist, images, read_csv, read_digits, read_mnist, windows

x = Tensor([[[[1.0, 2.0]]]])
array = np.ones((1, 1, 2, 2))
generator = np.random.default_rng(0)
vocabulary = Characters("abc")

read_csv("numbers.csv").labels  # error
read_csv("numbers.csv", classes=["a"])  # error
read_csv("numbers.csv", "kind")  # error
read_csv("numbers.csv", columns=1)  # error
read_csv("numbers.csv", label=0.5)  # error
read_csv("numbers.csv", label="kind").classes.sort()  # error
read_digits("digits.csv")  # error
read_mnist(3)  # error
download_mnist("mnist", mirrors=1)  # error
Characters(["a", "b"])  # error
vocabulary.encode(b"abc")  # error
vocabulary.decode("abc")  # error
vocabulary.characters = "abcd"  # error
windows("abc", 2)  # error
windows(vocabulary.encode("abc"), 2.0)  # error
images.normalize(x, 0.5)  # error
images.normalize(array, 0.5, 0.5)  # error
images.random_crop(array, 2)  # error
images.random_crop(x, (1, 2, 3))  # error
images.random_crop(x, 2, 1)  # error
images.random_crop(x, 2, generator=0)  # error
images.random_shift(x, 0.5)  # error
images.random_horizontal_flip(x, 0.5, generator)  # error
images.random_vertical_flip(x, "half")  # error
images.cutout(x)  # error

fine: Tensor = images.cutout(x, 1, generator=generator)
