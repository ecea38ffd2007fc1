"""Max unpooling: elements put back where they were the greatest of a window, among zeros."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from kytorch.kernels import max_pooling as kernels
from kytorch.kernels.scatter import Places
from kytorch.nn.convolution.sizes import per_dimension
from kytorch.nn.module import Module
from kytorch.nn.pooling.windows import Size, check_input, check_windows
from kytorch.ops.edit import put
from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Shape, lock


def _max_unpool(
    name: str,
    dims: int,
    input: Tensor,
    indices: Tensor,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    output_size: Sequence[int] | None,
) -> Tensor:
    check_input(name, input, dims, floats=False)
    if type(indices) is not Tensor:
        raise not_tensors(name, indices)
    x, places = input._data, indices._data
    if places.dtype.kind not in "iu":
        raise TypeError(f"{name}: expected indices of integers, not of {places.dtype}")
    if places.shape != x.shape:
        raise ValueError(f"{name}: indices of shape {places.shape} for an input of shape {x.shape}; they must be equal")
    shape = x.shape[:-dims] + _output_sizes(name, x.shape[-dims:], kernel_size, stride, padding, output_size)
    n = math.prod(shape[-dims:])
    wrong = places[(places < 0) | (places >= n)]
    if wrong.size:
        raise IndexError(f"{name}: index {wrong[0]} is out of range for the {n} elements of {shape[-dims:]}")
    numbers = kernels.numbered(places.astype(np.intp), shape, dims)
    lock(numbers)
    return put(make(np.zeros_like(x, order="C", shape=shape), CONSTANT), Places(numbers), input)


def _output_sizes(
    name: str,
    shape: Shape,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    output_size: Sequence[int] | None,
) -> Shape:
    """The unpooled sizes: those given, if pooling them could give `shape`, else the least that could."""
    dims = len(shape)
    windows = check_windows(name, kernel_size, stride, padding, 1, dims)
    usual = tuple([(n - 1) * s + k - 2 * p for n, (k, s, p, _) in zip(shape, windows)])
    if output_size is None:
        if min(usual) < 0:
            raise ValueError(f"{name}: an input of {shape} in the last dimensions was not pooled with these options")
        return usual
    expected = f"{name}: output_size is to be {dims} or {dims + 2} sizes, not {output_size}"
    if not isinstance(output_size, Sequence):
        raise TypeError(expected)
    given = tuple(output_size)[2:] if len(output_size) == dims + 2 else tuple(output_size)
    if len(given) != dims:
        raise ValueError(expected)
    sizes = per_dimension(name, "output_size", given, dims, 0)
    for n, least, (_, s, _, _) in zip(sizes, usual, windows):
        if not least - s < n < least + s:
            raise ValueError(
                f"{name}: output_size {sizes} cannot have been pooled to {shape}: "
                f"{n} is to be between {least - s} and {least + s}"
            )
    return sizes


def max_unpool1d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Zeros, but `input` where `indices` say, which `max_pool1d` returns; as in `MaxUnpool1d`."""
    return _max_unpool("max_unpool1d", 1, input, indices, kernel_size, stride, padding, output_size)


def max_unpool2d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Zeros, but `input` where `indices` say, which `max_pool2d` returns; as in `MaxUnpool2d`."""
    return _max_unpool("max_unpool2d", 2, input, indices, kernel_size, stride, padding, output_size)


def max_unpool3d(
    input: Tensor,
    indices: Tensor,
    kernel_size: Size,
    stride: Size | None = None,
    padding: Size = 0,
    output_size: Sequence[int] | None = None,
) -> Tensor:
    """Zeros, but `input` where `indices` say, which `max_pool3d` returns; as in `MaxUnpool3d`."""
    return _max_unpool("max_unpool3d", 3, input, indices, kernel_size, stride, padding, output_size)


class _MaxUnpool(Module):
    _dims: int

    def __init__(self, kernel_size: Size, stride: Size | None = None, padding: Size = 0) -> None:
        windows = check_windows(type(self).__name__, kernel_size, stride, padding, 1, self._dims)
        self.kernel_size = tuple([k for k, _, _, _ in windows])
        self.stride = tuple([s for _, s, _, _ in windows])
        self.padding = tuple([p for _, _, p, _ in windows])

    def forward(self, input: Tensor, indices: Tensor, output_size: Sequence[int] | None = None) -> Tensor:
        name = f"max_unpool{self._dims}d"
        return _max_unpool(name, self._dims, input, indices, self.kernel_size, self.stride, self.padding, output_size)

    def extra_repr(self) -> str:
        return f"kernel_size={self.kernel_size}, stride={self.stride}, padding={self.padding}"


class MaxUnpool1d(_MaxUnpool):
    """The inverse of `MaxPool1d` but for what that left out, which is 0: takes its output and its indices.

    An index that is named twice gets the last of its elements. Sizes of the input that pool alike are told apart by
    `output_size`. Raises IndexError for an index out of range.
    """

    _dims = 1


class MaxUnpool2d(_MaxUnpool):
    """The inverse of `MaxPool2d` but for what that left out, as `MaxUnpool1d`."""

    _dims = 2


class MaxUnpool3d(_MaxUnpool):
    """The inverse of `MaxPool3d` but for what that left out, as `MaxUnpool1d`."""

    _dims = 3
