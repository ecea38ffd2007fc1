"""Transforms of images, batches of shape (N, C, H, W): each image is changed by a draw of its own.

As the loader's `transform`, which hands each batch a generator that the seed and the batch's number fix:

    def augmented(batch, generator):
        images, labels = batch
        images = random_crop(images, 32, padding=4, generator=generator)
        return random_horizontal_flip(images, generator=generator), labels

    loader = DataLoader(training, 128, shuffle=True, transform=augmented)

All keep the dtype, and a gradient flows through them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from kytorch.ops.mask import masked_fill
from kytorch.ops.move import flip
from kytorch.ops.pad import pad
from kytorch.tensor.core import Tensor
from kytorch.tensor.dims import count_of, sizes
from kytorch.tensor.random import generator_or_default
from kytorch.tensor.values import Array

PerChannel: TypeAlias = float | Sequence[float] | Tensor | Array


def normalize(images: Tensor, mean: PerChannel, std: PerChannel) -> Tensor:
    """(images - mean) / std, where each of the two is one number, or one for each channel."""
    _check("normalize", images)
    if images.dtype.kind != "f":
        raise TypeError(
            f"normalize: expected images of floats, not {images.dtype}; Tensor(images, dtype=float32) / 255"
        )
    return (images - _per_channel("mean", mean, images)) / _per_channel("std", std, images)


def random_crop(
    images: Tensor, size: int | tuple[int, int], *, padding: int = 0, generator: np.random.Generator | None = None
) -> Tensor:
    """A part of each image, `size` high and wide, at a place drawn uniformly, after `padding` with 0 on all sides."""
    _check("random_crop", images)
    margin = count_of("random_crop", "pixels of padding", padding)
    parts = sizes("random_crop", size if isinstance(size, Sequence) else (size, size))
    if len(parts) != 2:
        raise ValueError(f"random_crop: expected a size of (height, width), not {size}")
    height, width = parts
    if margin:
        images = pad(images, (margin,) * 4)
    n, _, rows, columns = images.shape
    if not (0 < height <= rows and 0 < width <= columns):
        raise ValueError(f"random_crop: a part of {height} x {width} in images of {rows} x {columns}, padding included")
    generator = generator_or_default(generator)
    top, left = generator.integers(0, rows - height + 1, n), generator.integers(0, columns - width + 1, n)
    return images.unfold(2, height, 1).unfold(3, width, 1)[np.arange(n), :, top, left]


def random_shift(images: Tensor, distance: int, *, generator: np.random.Generator | None = None) -> Tensor:
    """Each image moved by up to `distance` pixels up or down and left or right, drawn uniformly; 0 moves in."""
    _check("random_shift", images)
    margin = count_of("random_shift", "pixels of distance", distance)
    return random_crop(images, (images.shape[2], images.shape[3]), padding=margin, generator=generator)


def random_horizontal_flip(images: Tensor, p: float = 0.5, *, generator: np.random.Generator | None = None) -> Tensor:
    """Each image with the probability `p` turned round, left to right."""
    return _flipped("random_horizontal_flip", images, 3, p, generator)


def random_vertical_flip(images: Tensor, p: float = 0.5, *, generator: np.random.Generator | None = None) -> Tensor:
    """Each image with the probability `p` turned upside down."""
    return _flipped("random_vertical_flip", images, 2, p, generator)


def cutout(images: Tensor, size: int, *, generator: np.random.Generator | None = None) -> Tensor:
    """0 in a square of each image, `size` high and wide (DeVries & Taylor 2017).

    Its centre is drawn uniformly from the pixels, so that part of it may lie outside. After `normalize`, 0 is the mean.
    """
    _check("cutout", images)
    side = count_of("cutout", "pixels of size", size)
    n, _, rows, columns = images.shape
    generator = generator_or_default(generator)
    inside = [_span(generator.integers(0, length, n), side, length) for length in (rows, columns)]
    return masked_fill(images, inside[0][:, None, :, None] & inside[1][:, None, None, :], False)


def _span(centre: Array, side: int, length: int) -> Array:
    """(n, length): whether each place lies within `side` about each centre."""
    offset = np.arange(length) - (centre - side // 2)[:, None]
    inside: Array = (offset >= 0) & (offset < side)
    return inside


def _flipped(name: str, images: Tensor, dim: int, p: float, generator: np.random.Generator | None) -> Tensor:
    _check(name, images)
    if not 0 <= p <= 1:
        raise ValueError(f"{name}: the probability is to be in [0, 1], not {p}")
    chosen = np.flatnonzero(generator_or_default(generator).random(len(images)) < p)
    return images.at[chosen].set(flip(images[chosen], dim))


def _per_channel(what: str, given: PerChannel, images: Tensor) -> Tensor:
    with np.errstate(over="ignore"):  # refused below
        values = given.to(images.dtype) if isinstance(given, Tensor) else Tensor(given, dtype=images.dtype)
    if values.shape not in ((), (images.shape[1],)):
        raise ValueError(
            f"normalize: {what} of shape {values.shape} for images of shape {images.shape}; expected one number, or "
            "one for each channel"
        )
    if not bool(values.isfinite().all()) or (what == "std" and not bool((values > 0).all())):
        expected = "finite" if what == "mean" else "above 0 and finite"
        raise ValueError(f"normalize: {what} is to be {expected}, not {values.tolist()} as {values.dtype}")
    return values.reshape(-1, 1, 1)


def _check(name: str, images: Tensor) -> None:
    if type(images) is not Tensor:
        raise TypeError(f"{name}: expected a Tensor of images, not {type(images).__name__}")
    if images.ndim != 4:
        raise ValueError(f"{name}: expected images of shape (N, C, H, W), not {images.shape}")
    if 0 in images.shape[2:]:
        raise ValueError(f"{name}: images of shape {images.shape} have no pixels")
