"""What pooling is told about its windows, checked, and the windows that this makes of an input's last dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import TypeAlias

from kytorch.kernels import pooling_lines as kernels
from kytorch.nn.convolution.sizes import per_dimension
from kytorch.tensor.core import Tensor
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Shape

Size: TypeAlias = int | Sequence[int]
"""One number for all pooled dimensions, or one for each."""
Lines: TypeAlias = tuple[kernels.Line, ...]


def check_windows(
    name: str, kernel_size: Size, stride: Size | None, padding: Size, dilation: Size, dims: int
) -> tuple[tuple[int, int, int, int], ...]:
    """For each dimension its kernel size, stride, padding and dilation. Raises TypeError or ValueError."""
    kernels_ = per_dimension(name, "kernel_size", kernel_size, dims, 1)
    strides = kernels_ if stride is None else per_dimension(name, "stride", stride, dims, 1)
    paddings = per_dimension(name, "padding", padding, dims, 0)
    dilations = per_dimension(name, "dilation", dilation, dims, 1)
    for k, p, d in zip(kernels_, paddings, dilations):
        if 2 * p > d * (k - 1) + 1:
            spread = f" with dilation {d}" if d > 1 else ""
            raise ValueError(f"{name}: padding {p} is more than half of the kernel size {k}{spread}")
    return tuple(zip(kernels_, strides, paddings, dilations))


def lines_of(
    name: str,
    shape: Shape,
    dims: int,
    kernel_size: Size,
    stride: Size | None,
    padding: Size = 0,
    dilation: Size = 1,
    ceil_mode: bool = False,
) -> Lines:
    """The windows along each of the last `dims` dimensions of `shape`; ValueError if there are none."""
    try:
        return _lines_of(name, shape[-dims:], kernel_size, stride, padding, dilation, ceil_mode)
    except TypeError:  # a list, which has no hash, or what is to be refused
        pass
    windows = check_windows(name, kernel_size, stride, padding, dilation, dims)
    return _lines_of(name, shape[-dims:], *zip(*windows), ceil_mode)


@lru_cache(1024, typed=True)
def _lines_of(
    name: str,
    shape: Shape,
    kernel_size: Size,
    stride: Size | None,
    padding: Size,
    dilation: Size,
    ceil_mode: bool,
) -> Lines:
    found = []
    for n, (k, s, p, d) in zip(shape, check_windows(name, kernel_size, stride, padding, dilation, len(shape))):
        wide = d * (k - 1) + 1
        windows = (n + 2 * p - wide + (s - 1 if ceil_mode else 0)) // s + 1
        if ceil_mode and (windows - 1) * s >= n + p:
            windows -= 1  # it would begin in the padding behind
        if n < 1 or windows < 1:
            padded = f" and padding {p}" if p else ""
            spread = f" with dilation {d}" if d > 1 else ""
            raise ValueError(
                f"{name}: a kernel of size {k}{spread}{padded} is larger than its input, of size {n} "
                f"in the last dimensions {shape}"
            )
        line = kernels.strided(n, k, s, p, d, windows)
        if not line.counts.all():
            raise ValueError(
                f"{name}: with kernel size {k}, dilation {d} and padding {p}, a window has no element of the input, "
                f"of size {n} in the last dimensions {shape}"
            )
        found.append(line)
    return tuple(found)


def check_output_size(name: str, output_size: object, dims: int) -> None:
    """Raise unless `output_size` is an int from 0 on or None, or one of these for each of `dims` dimensions."""
    _output_sizes(name, output_size, dims)


def _output_sizes(name: str, output_size: object, dims: int) -> tuple[int | None, ...]:
    if output_size is None:
        return (None,) * dims
    if not isinstance(output_size, (tuple, list)):
        return per_dimension(name, "output_size", output_size, dims, 0)  # type: ignore[arg-type]  # or refused
    if len(output_size) not in (1, dims):
        raise ValueError(f"{name}: output_size is to be one or {dims} sizes, not {output_size!r}")
    found = [None if n is None else per_dimension(name, "output_size", n, 1, 0)[0] for n in output_size]
    return tuple(found if len(found) == dims else found * dims)


def adaptive_lines(name: str, shape: Shape, dims: int, output_size: int | Sequence[int | None] | None) -> Lines:
    """The windows of which there are to be `output_size`, None being as many as elements."""
    try:
        return _adaptive_lines(name, shape[-dims:], output_size)
    except TypeError:  # a list, which has no hash, or what is to be refused
        pass
    return _adaptive_lines(name, shape[-dims:], _output_sizes(name, output_size, dims))


@lru_cache(1024, typed=True)
def _adaptive_lines(name: str, shape: Shape, output_size: int | Sequence[int | None] | None) -> Lines:
    if 0 in shape:
        raise ValueError(f"{name}: the last dimensions {shape} have no elements to pool")
    sizes = _output_sizes(name, output_size, len(shape))
    return tuple([kernels.adaptive(n, n if m is None else m) for n, m in zip(shape, sizes)])


def check_input(name: str, input: object, dims: int, floats: bool = True) -> None:
    """Raise unless `input` is a Tensor of (batch, channels, ...) or (channels, ...), if asked one of floats."""
    if type(input) is not Tensor:
        raise not_tensors(name, input)
    x = input._data
    if not dims < x.ndim <= dims + 2:
        sizes = ", ".join(["length"] if dims == 1 else ["depth", "height", "width"][3 - dims :])
        raise ValueError(
            f"{name}: expected an input of shape (channels, {sizes}) or (batch, channels, {sizes}), not {x.shape}"
        )
    if x.dtype.kind != "f" and (floats or x.dtype.kind == "b"):
        raise TypeError(f"{name}: expected a Tensor of floats, not of {x.dtype}; x.to(float32) converts it")
