"""Elements put along a dimension, and rows into a dimension: the copies are edited at places that may repeat."""

from __future__ import annotations

import math
from typing import Any, Literal

import numpy as np

from kytorch.kernels.along import element_numbers
from kytorch.kernels.scatter import Places
from kytorch.ops.edit import add_at, extremum_at, in_dtype_of, mul_at, put
from kytorch.ops.index import part
from kytorch.ops.indices import fitting, from_either_end, from_zero, integers, vector
from kytorch.tensor.core import CONSTANT, A, Tensor, make
from kytorch.tensor.dims import one_dim
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import alike, array_of
from kytorch.tensor.values import Array, Scalar, lock


def _places(name: str, x: A, dim: int, index: Tensor | Array) -> Places:
    """The elements y[i, index[i, j, k], k] for `dim` 1, and so on; a scalar counts as a vector of one."""
    array = array_of(name, x)
    shape = array.shape or (1,)
    at = one_dim(name, dim, array.ndim)
    own = integers(name, index)
    own = own if own.ndim else own.reshape(1)
    if own.size:
        fitting(name, at, own, shape)
        own = element_numbers(from_zero(name, own, shape[at]), at, shape)
        lock(own)
    return Places(own)


def _source(name: str, x: A, source: A | Array, places: Places) -> tuple[A, A]:
    """`x`, and the part of `source` that is put at `places`, in x's dtype; Tensors if one of them is one."""
    src: A
    x, src = alike(name, x, source)
    src = in_dtype_of(name, x, src)
    src = src if src.ndim else src.reshape(1)
    shape = places.flat.shape
    if src.shape == shape:
        return x, src
    if src.ndim != len(shape) or any(n > m for n, m in zip(shape, src.shape)):
        raise ValueError(f"{name}: a src of shape {src.shape} is smaller than the index, of shape {shape}")
    return x, part(src, tuple([slice(0, n) for n in shape]))


@method
def scatter(
    x: A,
    dim: int,
    index: Tensor | Array,
    src: A | Array | Scalar | None = None,
    *,
    value: Scalar | None = None,
    reduce: Literal["add", "multiply"] | None = None,
) -> A:
    """`x` but y[i, index[i, j, k], k] = src[i, j, k] for `dim` 1, and so on; the last one stays.

    With `reduce`, what is there is added to or multiplied. `src` is a Tensor at least as large as `index`, or a
    number, which may be called `value`; its gradient is that of what stays.
    """
    given = value if src is None else src
    if given is None or (src is not None and value is not None):
        raise TypeError("scatter: give src or value, one of them")
    if reduce not in (None, "add", "multiply"):
        raise ValueError(f"scatter: reduce is 'add' or 'multiply', not {reduce!r}")
    places = _places("scatter", x, dim, index)
    v: A
    if isinstance(given, (bool, int, float, np.generic)):
        v = in_dtype_of("scatter", x, given)
    else:
        x, v = _source("scatter", x, given, places)
    if reduce is None:
        return put(x, places, v)
    return add_at(x, places, v) if reduce == "add" else mul_at(x, places, v)


@method
def scatter_add(x: A, dim: int, index: Tensor | Array, src: A | Array) -> A:
    """`x` but y[i, index[i, j, k], k] += src[i, j, k] for `dim` 1, and so on; what is named twice gets both."""
    places = _places("scatter_add", x, dim, index)
    x, v = _source("scatter_add", x, src, places)
    return add_at(x, places, v)


@method
def scatter_reduce(
    x: A,
    dim: int,
    index: Tensor | Array,
    src: A | Array,
    reduce: Literal["sum", "prod", "mean", "amax", "amin"],
    *,
    include_self: bool = True,
) -> A:
    """`x` but y[i, index[i, j, k], k] reduced with src[i, j, k] for `dim` 1, and so on; x's own if `include_self`.

    The greatest and least share their gradient among equal ones.
    """
    name = "scatter_reduce"
    if reduce not in ("sum", "prod", "mean", "amax", "amin"):
        raise ValueError(f"{name}: reduce is 'sum', 'prod', 'mean', 'amax' or 'amin', not {reduce!r}")
    places = _places(name, x, dim, index)
    x, v = _source(name, x, src, places)
    if not include_self:
        x = put(x, places, in_dtype_of(name, x, _neutral(reduce, x.dtype)))
    if reduce == "prod":
        return mul_at(x, places, v)
    if reduce in ("amax", "amin"):
        return extremum_at(np.maximum if reduce == "amax" else np.minimum, x, places, v)
    total = add_at(x, places, v)
    return total if reduce == "sum" else _averaged(total, places, include_self)


def _averaged(total: A, places: Places, include_self: bool) -> A:
    counts = np.bincount(places.flat.reshape(-1), minlength=math.prod(total.shape)).reshape(total.shape)
    counts = counts + 1 if include_self else np.maximum(counts, 1)
    if total.dtype.kind == "f":
        y: A = total / counts.astype(total.dtype)
        return y
    if isinstance(total, Tensor):
        return make(total._data // counts.astype(total.dtype), CONSTANT)
    floor: Array = total // counts.astype(total.dtype)
    return floor


def _neutral(reduce: str, dtype: np.dtype[Any]) -> float:
    """What changes nothing when it is reduced with."""
    if reduce not in ("amax", "amin"):
        return 1 if reduce == "prod" else 0
    if dtype.kind not in "iu":
        return -math.inf if reduce == "amax" else math.inf
    limits = np.iinfo(dtype)
    return limits.min if reduce == "amax" else limits.max


def _parts(
    name: str, x: A, dim: int, index: Tensor | Array, given: A | Array
) -> tuple[A, tuple[slice | Array, ...], A]:
    """`x`, the index of its parts along `dim`, and what is `given`, which must be as large, in x's dtype."""
    source: A
    x, source = alike(name, x, given)
    at = one_dim(name, dim, x.ndim)
    own = from_zero(name, vector(name, index), x.shape[at])
    shape = x.shape[:at] + own.shape + x.shape[at + 1 :]
    if source.shape != shape:
        raise ValueError(f"{name}: a source of shape {source.shape} where the index names parts of shape {shape}")
    return x, (slice(None),) * at + (own,), in_dtype_of(name, x, source)


@method
def index_add(x: A, dim: int, index: Tensor | Array, source: A | Array, *, alpha: float = 1) -> A:
    """`x` with `alpha` times the parts of `source` along `dim` added to those that the vector `index` names."""
    if not array_of("index_add", x).ndim and not array_of("index_add", source).ndim:
        return index_add(x.reshape(1), dim, index, source.reshape(1), alpha=alpha).reshape(())
    x, place, v = _parts("index_add", x, dim, index, source)
    return add_at(x, place, v if alpha == 1 else v * alpha)


@method
def index_copy(x: A, dim: int, index: Tensor | Array, source: A | Array) -> A:
    """`x` with the parts of `source` along `dim` for those that the vector `index` names; the last one stays."""
    if not array_of("index_copy", x).ndim and not array_of("index_copy", source).ndim:
        return index_copy(x.reshape(1), dim, index, source.reshape(1)).reshape(())
    x, place, v = _parts("index_copy", x, dim, index, source)
    return put(x, place, v)


@method
def index_fill(x: A, dim: int, index: Tensor | Array, value: A | Scalar) -> A:
    """`x` with `value`, a number, for the parts along `dim` that the vector `index` names, from either end."""
    at = one_dim("index_fill", dim, array_of("index_fill", x).ndim)
    own = vector("index_fill", index)
    if getattr(value, "ndim", 0):
        raise ValueError("index_fill: the value is a number or of shape (), not of shape " + str(np.shape(value)))
    if not x.ndim:
        return index_fill(x.reshape(1), dim, own, value).reshape(())
    if isinstance(value, Tensor):
        x, value = alike("index_fill", x, value)
    place = (slice(None),) * at + (from_either_end("index_fill", own, x.shape[at]),)
    return put(x, place, in_dtype_of("index_fill", x, value))
