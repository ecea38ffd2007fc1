"""Images made larger or smaller: `interpolate`, and layers of it."""

from __future__ import annotations

import math
import operator
from collections.abc import Iterable, Sequence
from functools import lru_cache
from typing import Literal, TypeAlias

import numpy as np

from kytorch.kernels import lines as between
from kytorch.kernels import resampling as kernels
from kytorch.nn.module import Module
from kytorch.tensor.core import A, Tensor, UnaryGradFn
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Shape

InterpolationMode: TypeAlias = Literal[
    "nearest", "linear", "bilinear", "bicubic", "trilinear", "area", "nearest-exact", "lanczos"
]

_COPIES = ("nearest", "nearest-exact")
# What leaves a dimension as it is if it keeps its size, whatever the scale, as in PyTorch.
_KEEPING = ("linear", "bilinear", "trilinear")
_NDIM = {"linear": 3, "bilinear": 4, "bicubic": 4, "lanczos": 4, "trilinear": 5}
_MODES = ("nearest", "linear", "bilinear", "bicubic", "trilinear", "area", "nearest-exact", "lanczos")


class InterpolateGradFn(UnaryGradFn):
    """y = M x along each resized dimension, or M^T x,  dy = M dx"""

    __slots__ = ("_lines", "_transposed")

    def __init__(self, lines: kernels.Lines, transposed: bool) -> None:
        self._lines = lines
        self._transposed = transposed

    def vjp(self, g: A) -> A:
        return _resampled(g, self._lines, not self._transposed)


def _resampled(x: A, lines: kernels.Lines, transposed: bool) -> A:
    if isinstance(x, Tensor):
        return InterpolateGradFn(lines, transposed).record(kernels.resampled(x._data, lines, transposed), x)
    return kernels.resampled(x, lines, transposed)


def interpolate(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: InterpolationMode = "nearest",
    align_corners: bool | None = None,
    recompute_scale_factor: bool | None = None,
    antialias: bool = False,
) -> Tensor:
    """Images of shape (N, C, ...), of one to three dimensions, resized to `size` or by `scale_factor`.

    Either is one number or one for each dimension of the images; scaled sizes are rounded down. Places are then
    counted by the scale itself, or with `recompute_scale_factor` by the sizes. `align_corners` puts the first and last
    elements' middles, not their outer edges, in place. `antialias` widens the filter of bilinear and bicubic where an
    image shrinks; lanczos is so only. Raises ValueError for options that do not go together.
    """
    if type(input) is not Tensor:
        raise not_tensors("interpolate", input)
    char = input._data.dtype.char
    if input._data.dtype.kind != "f" and not (char == "B" and mode in _COPIES):
        raise TypeError(f"interpolate: expected images of floats, not of {input.dtype}; convert them with to(float32)")
    if mode not in _MODES:
        raise ValueError(f"interpolate: mode {mode!r} is none of {', '.join(_MODES)}")
    plan = _plan(input._data.shape, char != "d", _size("interpolate", size), _scale("interpolate", scale_factor), mode,
                 align_corners, recompute_scale_factor, antialias)  # fmt: skip
    return _resampled(input, plan, False)


@lru_cache(64)
def _plan(
    shape: Shape,
    single: bool,
    size: int | tuple[int, ...] | None,
    scale_factor: float | tuple[float, ...] | None,
    mode: str,
    align_corners: bool | None,
    recompute_scale_factor: bool | None,
    antialias: bool,
) -> kernels.Lines:
    """The maps of the dimensions that change. Raises ValueError for options that do not go together."""
    _check_mode(len(shape), mode, align_corners, antialias)
    if recompute_scale_factor and size is not None:
        raise ValueError("interpolate: recompute_scale_factor is for a scale_factor, not for a size")
    sizes, scales = _sizes(shape, size, scale_factor, bool(recompute_scale_factor) or mode == "area")
    if 0 in shape[1:] or min(sizes) < 1:
        raise ValueError(
            f"interpolate: cannot resize shape {shape} to {sizes}; expected images of at least one element"
        )
    aligned = bool(align_corners)
    plan: list[tuple[int, kernels.Line]] = []
    for dim, (n, m, scale) in enumerate(zip(shape[2:], sizes, scales), 2):
        if n == m and (mode in _KEEPING or (mode == "nearest" and len(shape) == 4)):
            continue
        if mode in _COPIES:
            line = between.nearest(n, m, scale, single, mode == "nearest-exact")
        elif mode == "area":
            line = between.area(n, m)
        elif antialias:
            line = between.antialiased(n, m, scale, aligned, mode)
        else:
            line = (between.cubic if mode == "bicubic" else between.linear)(n, m, scale, aligned)
        if not line.is_identity:
            plan.append((dim, line))
    return tuple(plan)


def _size(name: str, size: int | Sequence[int] | None) -> int | tuple[int, ...] | None:
    """The size as ints. Raises TypeError for others."""
    try:
        if size is None or isinstance(size, int):
            return size
        return tuple(map(operator.index, size)) if isinstance(size, Iterable) else operator.index(size)
    except TypeError:
        raise TypeError(f"{name}: size is of ints, not {size!r}") from None


def _scale(name: str, scale_factor: float | Sequence[float] | None) -> float | tuple[float, ...] | None:
    """The scale as floats. Raises TypeError for others, ValueError for what is not positive."""
    if scale_factor is None:
        return None
    several = isinstance(scale_factor, Iterable)
    scales = tuple(scale_factor) if isinstance(scale_factor, Iterable) else (scale_factor,)
    for scale in scales:
        if not isinstance(scale, (int, float, np.number)):
            raise TypeError(f"{name}: scale_factor is of numbers, not {scale_factor!r}")
        if not 0 < scale < math.inf:
            raise ValueError(f"{name}: scale_factor is to be positive, not {scale}")
    return tuple(map(float, scales)) if several else float(scales[0])


def _check_mode(ndim: int, mode: str, align_corners: bool | None, antialias: bool) -> None:
    if align_corners is not None and mode in ("nearest", "area", "nearest-exact"):
        raise ValueError(f"interpolate: align_corners is not for mode {mode!r}; it is for those that interpolate")
    expected = _NDIM.get(mode, 0)
    if not 3 <= ndim <= 5 or expected not in (0, ndim):
        names = {
            0: "(N, C, W), (N, C, H, W) or (N, C, D, H, W)",
            3: "(N, C, W)",
            4: "(N, C, H, W)",
            5: "(N, C, D, H, W)",
        }
        raise ValueError(
            f"interpolate: mode {mode!r} resizes images of shape {names[expected]}, and the input has {ndim} dimensions"
        )
    if antialias and mode not in ("bilinear", "bicubic", "lanczos"):
        raise ValueError(f"interpolate: antialias is for modes bilinear, bicubic and lanczos, not {mode!r}")
    if mode == "lanczos" and (align_corners or not antialias):
        raise ValueError("interpolate: mode 'lanczos' is for antialias=True without align_corners")


def _sizes(
    shape: Shape, size: int | tuple[int, ...] | None, scale_factor: float | tuple[float, ...] | None, recompute: bool
) -> tuple[tuple[int, ...], tuple[float | None, ...]]:
    """The new size of each dimension of the images, and its scale if places are counted by it."""
    spatial = shape[2:]
    if (size is None) == (scale_factor is None):
        raise ValueError("interpolate: give either size or scale_factor")
    given = size if scale_factor is None else scale_factor
    each = given if isinstance(given, tuple) else (given,) * len(spatial)
    if len(each) != len(spatial):
        what = "size" if scale_factor is None else "scale_factor"
        raise ValueError(f"interpolate: {what} {each} has {len(each)} numbers for images of shape {spatial}")
    if scale_factor is None:
        return tuple([int(n) for n in each if n is not None]), (None,) * len(each)
    scales = tuple([float(scale) for scale in each if scale is not None])
    sizes = tuple([int(n * scale) for n, scale in zip(spatial, scales)])
    return sizes, (None,) * len(sizes) if recompute else scales


def upsample(
    input: Tensor,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: InterpolationMode = "nearest",
    align_corners: bool | None = None,
) -> Tensor:
    """`interpolate` by its older name."""
    return interpolate(input, size, scale_factor, mode, align_corners)


def upsample_nearest(
    input: Tensor, size: int | Sequence[int] | None = None, scale_factor: float | Sequence[float] | None = None
) -> Tensor:
    """`interpolate` of mode nearest."""
    return interpolate(input, size, scale_factor, "nearest")


def upsample_bilinear(
    input: Tensor, size: int | Sequence[int] | None = None, scale_factor: float | Sequence[float] | None = None
) -> Tensor:
    """`interpolate` of mode bilinear with aligned corners."""
    return interpolate(input, size, scale_factor, "bilinear", align_corners=True)


class Upsample(Module):
    """`interpolate` as a layer."""

    def __init__(
        self,
        size: int | Sequence[int] | None = None,
        scale_factor: float | Sequence[float] | None = None,
        mode: InterpolationMode = "nearest",
        align_corners: bool | None = None,
        recompute_scale_factor: bool | None = None,
    ) -> None:
        self.name = type(self).__name__
        if size is not None and scale_factor is not None:
            raise ValueError(f"{self.name}: give either size or scale_factor")
        if mode not in _MODES:
            raise ValueError(f"{self.name}: mode {mode!r} is none of {', '.join(_MODES)}")
        self.size = _size(self.name, size)
        self.scale_factor = _scale(self.name, scale_factor)
        self.mode: InterpolationMode = mode
        self.align_corners = align_corners
        self.recompute_scale_factor = recompute_scale_factor

    def forward(self, input: Tensor) -> Tensor:
        return interpolate(
            input, self.size, self.scale_factor, self.mode, self.align_corners, self.recompute_scale_factor
        )

    def extra_repr(self) -> str:
        size = f"size={self.size!r}" if self.scale_factor is None else f"scale_factor={self.scale_factor!r}"
        return f"{size}, mode={self.mode!r}"


class UpsamplingNearest2d(Upsample):
    """Images of shape (N, C, H, W), resized by copies of the nearest element."""

    def __init__(
        self, size: int | tuple[int, int] | None = None, scale_factor: float | tuple[float, float] | None = None
    ) -> None:
        super().__init__(size, scale_factor, "nearest")


class UpsamplingBilinear2d(Upsample):
    """Images of shape (N, C, H, W), resized by bilinear interpolation with aligned corners."""

    def __init__(
        self, size: int | tuple[int, int] | None = None, scale_factor: float | tuple[float, float] | None = None
    ) -> None:
        super().__init__(size, scale_factor, "bilinear", align_corners=True)
