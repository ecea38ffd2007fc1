"""Images sampled at any places, and grids of such places (Jaderberg et al. 2015)."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from typing import Literal, TypeAlias

import numpy as np

from kytorch.kernels import places as kernels
from kytorch.nn.fused import FusedGradFn
from kytorch.ops.create import zeros
from kytorch.ops.pad import pad
from kytorch.tensor.core import CONSTANT, A, Tensor, UnaryGradFn, make
from kytorch.tensor.dims import positive_sizes
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Array, Shape, lock

SampleMode: TypeAlias = Literal["bilinear", "nearest", "bicubic"]
SamplePadding: TypeAlias = Literal["zeros", "border", "reflection"]


class PartOfAStepGradFn(UnaryGradFn):
    """y = how far the place of a coordinate x is behind the element before it,  dy = slope dx"""

    __slots__ = ("_slope",)

    def __init__(self, slope: Array) -> None:
        lock(slope)
        self._slope = slope

    def vjp(self, g: A) -> A:
        return g * self._slope


class GridSampleGradFn(FusedGradFn):
    """y = the sum over the elements x_k around a place p of w_k(p) x_k,  dy = w_k dx_k + x_k w_k' dp"""

    __slots__ = ("_mode", "_places")

    def __init__(self, places: kernels.Places, mode: str) -> None:
        for array in (*places.numbers, *places.parts, *places.slopes):
            lock(array)
        self._places = places
        self._mode = mode

    def composition(self, *inputs: Tensor) -> Tensor:
        input, grid = inputs
        places, batch, channels, dims = self._places, *input.shape[:2], grid.shape[-1]
        count = math.prod(input.shape[2:])
        rows = pad(input.permute(0, *range(2, input.ndim), 1).reshape(batch * count, channels), (0, 0, 0, 1))
        coordinates = grid.reshape(math.prod(grid.shape[:-1]), dims)
        each = []
        for dim, (part, slope) in enumerate(zip(places.parts, places.slopes)):
            t = PartOfAStepGradFn(slope).record(part, coordinates[:, dims - 1 - dim])
            each.append(_weights(t, self._mode))
        y = zeros((len(coordinates), channels), dtype=input.dtype)
        for number, corner in zip(places.numbers, itertools.product(*each)):
            values = rows[number]
            for weight in corner:
                values = values * weight.unsqueeze(1)
            y = y + values
        outputs = grid.shape[1:-1]
        return y.reshape(batch, *outputs, channels).permute(0, -1, *range(1, len(outputs) + 1))

    def gradients(self, g: Array, *inputs: Array) -> tuple[Array | None, ...]:
        x, grid = inputs
        g_x, g_grid = kernels.sampled_vjp(g, x, self._places, self._mode, self.needs(0), self.needs(1))
        return g_x, None if g_grid is None else g_grid.reshape(grid.shape)


def _weights(t: Tensor, mode: str) -> list[Tensor]:
    """The weights of a dimension's taps at `t` behind the element before."""
    if mode == "bilinear":
        return [1.0 - t, t]
    return [_far(t + 1.0), _near(t), _near(1.0 - t), _far(2.0 - t)]


def grid_sample(
    input: Tensor,
    grid: Tensor,
    mode: SampleMode = "bilinear",
    padding_mode: SamplePadding = "zeros",
    align_corners: bool | None = None,
) -> Tensor:
    """The values at the places that `grid` names, between those of the elements around them.

    `input` holds images of (N, C, H, W) and `grid` of (N, Ho, Wo, 2) pairs (x, y), or of (N, C, D, H, W) and
    (N, Do, Ho, Wo, 3) triples (x, y, z): shape (N, C, Ho, Wo) or (N, C, Do, Ho, Wo). A coordinate goes from -1 to 1,
    which are the image's outer edges, or with `align_corners` its outermost elements' middles. Outside are zeros, the
    outermost elements ("border"), or the image mirrored. Mode nearest has no gradient for the grid; bicubic is for
    images of two dimensions. Raises ValueError for other shapes and options.
    """
    if type(input) is not Tensor or type(grid) is not Tensor:
        raise not_tensors("grid_sample", input, grid)
    if mode not in ("bilinear", "nearest", "bicubic"):
        raise ValueError(f"grid_sample: mode {mode!r} is none of bilinear, nearest, bicubic")
    if padding_mode not in ("zeros", "border", "reflection"):
        raise ValueError(f"grid_sample: padding_mode {padding_mode!r} is none of zeros, border, reflection")
    _check(input, grid, mode)
    places = kernels.found(grid._data, input.shape[2:], mode, padding_mode, bool(align_corners))
    y = kernels.sampled(input._data, places, grid.shape[1:-1], mode)
    return GridSampleGradFn(places, mode).record(y, input, grid.detach() if mode == "nearest" else grid)


def _check(input: Tensor, grid: Tensor, mode: str) -> None:
    if input.dtype.kind != "f" or grid.dtype != input.dtype:
        raise TypeError(
            f"grid_sample: expected images and places of one floating dtype, not {input.dtype} and {grid.dtype}"
        )
    dims = input.ndim - 2
    if dims not in (2, 3) or grid.ndim != input.ndim or grid.shape[-1] != dims or grid.shape[0] != input.shape[0]:
        raise ValueError(
            f"grid_sample: images of shape {input.shape} and a grid of shape {grid.shape}; expected (N, C, H, W) and "
            "(N, Ho, Wo, 2), or (N, C, D, H, W) and (N, Do, Ho, Wo, 3)"
        )
    if 0 in input.shape[1:]:
        raise ValueError(f"grid_sample: images of shape {input.shape} have no element to sample")
    if mode == "bicubic" and dims == 3:
        raise ValueError(f"grid_sample: mode 'bicubic' is for images of shape (N, C, H, W), not {input.shape}")


def _near(x: Tensor) -> Tensor:
    """The cubic convolution kernel in [0, 1] (Keys 1981, eq. 4, with any a)."""
    return ((kernels.KEYS + 2) * x - (kernels.KEYS + 3)) * x * x + 1.0


def _far(x: Tensor) -> Tensor:
    """The cubic convolution kernel in [1, 2]."""
    return ((x - 5.0) * x + 8.0) * x * kernels.KEYS - 4 * kernels.KEYS


def affine_grid(theta: Tensor, size: Sequence[int], align_corners: bool | None = None) -> Tensor:
    """Where affine maps `theta` take the elements of images of `size`, for `grid_sample`.

    `theta` has shape (N, 2, 3) for a size (N, C, H, W), or (N, 3, 4) for (N, C, D, H, W); the grid (N, H, W, 2) or
    (N, D, H, W, 3). Raises ValueError for other shapes.
    """
    if type(theta) is not Tensor:
        raise not_tensors("affine_grid", theta)
    shape = positive_sizes("affine_grid", (size,))
    dims = len(shape) - 2
    if dims not in (2, 3) or theta.ndim != 3 or theta.shape != (shape[0], dims, dims + 1):
        raise ValueError(
            f"affine_grid: a theta of shape {theta.shape} for size {shape}; expected (N, 2, 3) for (N, C, H, W), or "
            "(N, 3, 4) for (N, C, D, H, W)"
        )
    if theta.dtype.kind != "f":
        raise TypeError(f"affine_grid: expected a theta of floats, not of {theta.dtype}")
    if min(shape) < 1:
        raise ValueError(f"affine_grid: size {shape} has no element")
    middles = make(_middles(shape[2:], bool(align_corners)).astype(theta.dtype), CONSTANT)
    return (middles @ theta.mT).reshape(shape[0], *shape[2:], dims)


def _middles(size: Shape, align_corners: bool) -> Array:
    """The coordinates (x, y, 1) of the elements' middles, one element a row."""
    lines = []
    for n in size:
        i = np.arange(n)
        lines.append((2 * i - (n - 1)) / (max(n - 1, 1) if align_corners else n))
    mesh = np.meshgrid(*lines, indexing="ij")
    return np.stack([line.reshape(-1) for line in (*mesh[::-1], np.ones(size))], 1)
