"""Patches of images as columns, and columns added to images: each the other's transpose."""

from __future__ import annotations

import math
from functools import lru_cache

from kytorch.kernels import columns as kernels
from kytorch.kernels.columns import Geometry
from kytorch.nn.convolution.sizes import Sizes, per_dimension
from kytorch.nn.module import Module
from kytorch.tensor.core import A, Tensor, UnaryGradFn
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Shape


class PatchesGradFn(UnaryGradFn):
    """y[n, (c, k), p] = x[n, c, p stride + k dilation - low]"""

    __slots__ = ("_geometry",)

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry

    def vjp(self, g: A) -> A:
        return _folded(g, self._geometry)


class AddPatchesGradFn(UnaryGradFn):
    """x[n, c, i] = sum of y[n, (c, k), p] over all p, k with p stride + k dilation - low = i"""

    __slots__ = ("_geometry",)

    def __init__(self, geometry: Geometry) -> None:
        self._geometry = geometry

    def vjp(self, g: A) -> A:
        return _unfolded(g, self._geometry)


def _unfolded(x: A, geometry: Geometry) -> A:
    if isinstance(x, Tensor):
        return PatchesGradFn(geometry).record(kernels.unfold(x._data, geometry), x)
    return kernels.unfold(x, geometry)


def _folded(y: A, geometry: Geometry) -> A:
    if isinstance(y, Tensor):
        return AddPatchesGradFn(geometry).record(kernels.fold(y._data, geometry), y)
    return kernels.fold(y, geometry)


@lru_cache(1024)
def _geometry(name: str, size: Shape, kernel: Shape, dilation: Shape, padding: Shape, stride: Shape) -> Geometry:
    sizes = zip(size, kernel, dilation, padding, stride)
    out = tuple([(m + 2 * p - d * (k - 1) - 1) // s + 1 for m, k, d, p, s in sizes])
    if min(out) < 1:
        raise ValueError(
            f"{name}: a kernel of size {kernel} with dilation {dilation} does not fit into an image of size {size} "
            f"with padding {padding}"
        )
    return Geometry(size, kernel, out, stride, dilation, padding, 1)


def _options(
    name: str, kernel_size: Sizes, dilation: Sizes, padding: Sizes, stride: Sizes
) -> tuple[Shape, Shape, Shape, Shape]:
    """The options in both dimensions. Raises TypeError for no ints, ValueError for too small ones."""
    return (
        per_dimension(name, "kernel_size", kernel_size, 2, 1),
        per_dimension(name, "dilation", dilation, 2, 1),
        per_dimension(name, "padding", padding, 2, 0),
        per_dimension(name, "stride", stride, 2, 1),
    )


def unfold(input: Tensor, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1) -> Tensor:
    """The patches of `input` (n, c, height, width) as columns: (n, c times the kernel's size, patches).

    Without n as well. Raises ValueError for other shapes and for a kernel that does not fit.
    """
    if type(input) is not Tensor:
        raise not_tensors("unfold", input)
    if input.ndim not in (3, 4):
        raise ValueError(
            f"unfold: an input of shape {input.shape}; expected (n, c, height, width) or (c, height, width)"
        )
    geometry = _geometry("unfold", input.shape[-2:], *_options("unfold", kernel_size, dilation, padding, stride))
    return _unfolded(input, geometry) if input.ndim == 4 else _unfolded(input.unsqueeze(0), geometry).squeeze(0)


def fold(
    input: Tensor,
    output_size: Sizes,
    kernel_size: Sizes,
    dilation: Sizes = 1,
    padding: Sizes = 0,
    stride: Sizes = 1,
) -> Tensor:
    """The transpose of `unfold`: the columns added as patches to an image (n, c, *output_size).

    Raises ValueError for a shape that is not (n, c times the kernel's size, patches), or without n.
    """
    if type(input) is not Tensor:
        raise not_tensors("fold", input)
    size = per_dimension("fold", "output_size", output_size, 2, 1)
    geometry = _geometry("fold", size, *_options("fold", kernel_size, dilation, padding, stride))
    taps, patches = math.prod(geometry.kernel), math.prod(geometry.out)
    if input.ndim not in (2, 3) or input.shape[-2] % taps or input.shape[-1] != patches:
        raise ValueError(
            f"fold: an input of shape {input.shape}; expected (n, a multiple of {taps}, {patches}), or without n, for "
            f"an output of size {size}"
        )
    return _folded(input, geometry) if input.ndim == 3 else _folded(input.unsqueeze(0), geometry).squeeze(0)


class Unfold(Module):
    """The patches of (n, c, height, width) as columns, (n, c times the kernel's size, patches)."""

    def __init__(self, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1) -> None:
        _options("Unfold", kernel_size, dilation, padding, stride)
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        return unfold(input, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return _shown(self)


class Fold(Module):
    """Columns (n, c times the kernel's size, patches) added as patches to images (n, c, *output_size)."""

    def __init__(
        self, output_size: Sizes, kernel_size: Sizes, dilation: Sizes = 1, padding: Sizes = 0, stride: Sizes = 1
    ) -> None:
        per_dimension("Fold", "output_size", output_size, 2, 1)
        _options("Fold", kernel_size, dilation, padding, stride)
        self.output_size = output_size
        self.kernel_size = kernel_size
        self.dilation = dilation
        self.padding = padding
        self.stride = stride

    def forward(self, input: Tensor) -> Tensor:
        return fold(input, self.output_size, self.kernel_size, self.dilation, self.padding, self.stride)

    def extra_repr(self) -> str:
        return f"output_size={self.output_size}, {_shown(self)}"


def _shown(module: Fold | Unfold) -> str:
    # In PyTorch's order.
    return (
        f"kernel_size={module.kernel_size}, dilation={module.dilation}, padding={module.padding}, "
        f"stride={module.stride}"
    )
