"""Padding at the ends of dimensions."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from typing import Literal

import numpy as np

from kytorch.kernels import pad as kernels
from kytorch.tensor.core import A, Tensor, UnaryGradFn
from kytorch.tensor.dims import sizes
from kytorch.tensor.operands import check_operands
from kytorch.tensor.values import Shape

_MODES = ("constant", "reflect", "replicate", "circular")


class ConstantPadGradFn(UnaryGradFn):
    """y = x, cropped where a number is negative, between constants where it is positive"""

    __slots__ = ("_pairs",)

    def __init__(self, pairs: kernels.Pairs) -> None:
        self._pairs = pairs

    def vjp(self, g: A) -> A:
        return _constant(g, tuple([(-before, -after) for before, after in self._pairs]))


class CopyPadGradFn(UnaryGradFn):
    """y = x between copies of its own elements"""

    __slots__ = ("_mode", "_pairs")

    def __init__(self, pairs: kernels.Pairs, mode: str) -> None:
        self._pairs = pairs
        self._mode = mode

    def vjp(self, g: A) -> A:
        return _uncopied(g, self._pairs, self._mode)


class UncopyPadGradFn(UnaryGradFn):
    """y = x with its edges added to what they are copies of, the transpose of padding with copies"""

    __slots__ = ("_mode", "_pairs")

    def __init__(self, pairs: kernels.Pairs, mode: str) -> None:
        self._pairs = pairs
        self._mode = mode

    def vjp(self, g: A) -> A:
        return _copied(g, self._pairs, self._mode)


def pad(
    x: A,
    pad: Sequence[int],
    mode: Literal["constant", "reflect", "replicate", "circular"] = "constant",
    value: float = 0.0,
) -> A:
    """`x` with elements put in at the ends of its last dimensions.

    `pad` has two numbers for each, (before, after), the last dimension's first; a negative number takes elements away.
    What is put in is `value`, or copies: of x mirrored ("reflect", less than its size), of its outermost element
    ("replicate"), or of its other end ("circular", at most its size). Raises ValueError if that cannot be.
    """
    check_operands("pad", x)
    flat = sizes("pad", (pad,))
    if mode not in _MODES:
        raise ValueError(f"pad: mode is one of {', '.join(_MODES)}, not {mode!r}")
    pairs, crops = _pairs(x.shape, flat, mode)
    if mode == "constant":
        if not isinstance(value, (int, float, np.generic)):
            raise TypeError(f"pad: value is a number, not a {type(value).__name__}")
        return _constant(x, pairs, value)
    if value:
        raise ValueError(f"pad: mode {mode!r} copies elements and takes no value")
    if not crops:
        return _copied(x, pairs, mode)
    less = tuple([(min(before, 0), min(after, 0)) for before, after in pairs])
    more = tuple([(max(before, 0), max(after, 0)) for before, after in pairs])
    # As PyTorch: what goes round is what is left, but a mirror shows also what is taken away.
    return _copied(_constant(x, less), more, mode) if mode == "circular" else _constant(_copied(x, more, mode), less)


@lru_cache(1024)
def _pairs(shape: Shape, flat: Shape, mode: str) -> tuple[kernels.Pairs, bool]:
    """The pair of each dimension, the first one's first, and whether one takes elements away."""
    if len(flat) % 2 or len(flat) > 2 * len(shape):
        raise ValueError(f"pad: pad has two numbers for each padded dimension, not {flat} for shape {shape}")
    pairs = ((0, 0),) * (len(shape) - len(flat) // 2) + tuple(zip(flat[-2::-2], flat[::-2]))
    crops = min(flat, default=0) < 0
    if crops or mode != "constant":
        _check(shape, pairs, mode)
    return pairs, crops


def _check(shape: Shape, pairs: kernels.Pairs, mode: str) -> None:
    for dim, (n, (before, after)) in enumerate(zip(shape, pairs)):
        if before == after == 0:
            continue
        left = n + min(before, 0) + min(after, 0) if mode in ("constant", "circular") else n + before + after
        if left < 0:
            raise ValueError(f"pad: {(before, after)} takes more than the {n} elements of dim {dim} in shape {shape}")
        most = max(before, after)
        if mode == "reflect" and most >= max(n, 1):
            raise ValueError(f"pad: {(before, after)} reflects dim {dim} of shape {shape}; it can by at most {n - 1}")
        if mode == "circular" and most > left:
            raise ValueError(f"pad: {(before, after)} goes round dim {dim} of shape {shape} more than once")
        if mode == "replicate" and not n and most > 0:
            raise ValueError(f"pad: dim {dim} of shape {shape} has no element to replicate")


def _constant(x: A, pairs: kernels.Pairs, value: float = 0.0) -> A:
    if isinstance(x, Tensor):
        return ConstantPadGradFn(pairs).record(_constant(x._data, pairs, value), x)
    if pairs and min(map(min, pairs)) < 0:
        x = kernels.crop(x, pairs)
        pairs = tuple([(max(before, 0), max(after, 0)) for before, after in pairs])
    return kernels.pad(x, pairs, "constant", value) if any(map(any, pairs)) else x[...]


def _copied(x: A, pairs: kernels.Pairs, mode: str) -> A:
    if isinstance(x, Tensor):
        return CopyPadGradFn(pairs, mode).record(kernels.pad(x._data, pairs, mode), x)
    return kernels.pad(x, pairs, mode)


def _uncopied(g: A, pairs: kernels.Pairs, mode: str) -> A:
    if isinstance(g, Tensor):
        return UncopyPadGradFn(pairs, mode).record(kernels.unpad(g._data, pairs, mode), g)
    return kernels.unpad(g, pairs, mode)
