"""Tensors of random numbers. A sample is a constant: no gradient goes to what it was drawn for."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, overload

import numpy as np
import numpy.typing as npt

from kytorch.tensor.core import CONSTANT, Tensor, make
from kytorch.tensor.dims import count_of, positive_sizes, whole
from kytorch.tensor.errors import no_broadcast
from kytorch.tensor.operands import array_of
from kytorch.tensor.random import generator_or_default
from kytorch.tensor.values import Array, checked_dtype


def rand(
    size: int | Sequence[int] = (),
    *more: int,
    dtype: npt.DTypeLike = np.float32,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Random numbers, uniform on [0, 1)."""
    draw = generator_or_default(generator).random(positive_sizes("rand", (size, *more)), _drawn(dtype))
    values = np.asarray(draw, dtype)
    if values.dtype.char == "e":  # where float16 rounds to 1
        values = np.minimum(values, np.float16(1 - 2**-11))
    return make(values, CONSTANT)


def randn(
    size: int | Sequence[int] = (),
    *more: int,
    dtype: npt.DTypeLike = np.float32,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Random numbers, normal with mean 0 and variance 1."""
    draw = generator_or_default(generator).standard_normal(positive_sizes("randn", (size, *more)), _drawn(dtype))
    return make(np.asarray(draw, dtype), CONSTANT)


def rand_like(x: Tensor, dtype: npt.DTypeLike | None = None, generator: np.random.Generator | None = None) -> Tensor:
    """Random numbers, uniform on [0, 1), with the shape and dtype of `x`."""
    array = array_of("rand_like", x)
    return rand(array.shape, dtype=array.dtype if dtype is None else dtype, generator=generator)


def randn_like(x: Tensor, dtype: npt.DTypeLike | None = None, generator: np.random.Generator | None = None) -> Tensor:
    """Random numbers, normal with mean 0 and variance 1, with the shape and dtype of `x`."""
    array = array_of("randn_like", x)
    return randn(array.shape, dtype=array.dtype if dtype is None else dtype, generator=generator)


@overload
def randint(
    low: int,
    high: int,
    size: Sequence[int],
    *,
    dtype: npt.DTypeLike = ...,
    generator: np.random.Generator | None = ...,
) -> Tensor: ...
@overload
def randint(
    low: int, high: Sequence[int], *, dtype: npt.DTypeLike = ..., generator: np.random.Generator | None = ...
) -> Tensor: ...
@overload
def randint(
    high: int, *, size: Sequence[int], dtype: npt.DTypeLike = ..., generator: np.random.Generator | None = ...
) -> Tensor: ...
def randint(  # type: ignore[misc]  # (high, size=) is the one whose first argument is not `low`
    low: int = 0,
    high: int | Sequence[int] | None = None,
    size: Sequence[int] | None = None,
    *,
    dtype: npt.DTypeLike = np.int64,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Random integers from `low` to below `high`: randint(low, high, size), or randint(high, size) from 0.

    Raises ValueError if there is none, and for one that does not fit the dtype.
    """
    if isinstance(high, Sequence):
        if size is not None:
            raise TypeError(f"randint: expected (high, size) or (low, high, size), not ({low}, {high}, {size})")
        size, high = high, None
    if high is None:
        low, high = 0, low
    if size is None:
        raise TypeError("randint: no size; give a shape, as in randint(10, (2, 3)) or randint(5, 10, (2, 3))")
    low, high = whole("randint", "low", low), whole("randint", "high", high)
    if low >= high:
        raise ValueError(f"randint: no integer is at least low {low} and below high {high}")
    target = checked_dtype("randint", dtype)
    least, greatest = _limits(target)
    if low < least or high - 1 > greatest:
        raise ValueError(f"randint: {target} holds integers from {least} to {greatest}, not from {low} to {high - 1}")
    shape = positive_sizes("randint", (size,))
    draw = generator_or_default(generator).integers(low, high, shape, target if target.char in "LQ" else np.int64)
    return make(np.asarray(draw, target), CONSTANT)


def _limits(dtype: np.dtype[Any]) -> tuple[int, int]:
    """The least and the greatest integer that `dtype` holds, among those that can be drawn."""
    if dtype.kind == "b":
        return 0, 1
    if dtype.kind == "f":
        greatest = min(int(np.finfo(dtype).max), np.iinfo(np.int64).max)
        return max(-greatest, np.iinfo(np.int64).min), greatest
    return int(np.iinfo(dtype).min), int(np.iinfo(dtype).max)


def randperm(n: int, *, dtype: npt.DTypeLike = np.int64, generator: np.random.Generator | None = None) -> Tensor:
    """The integers from 0 to below `n` in random order."""
    count = count_of("randperm", "integers", n)
    draw = generator_or_default(generator).permutation(count)
    return make(np.asarray(draw, checked_dtype("randperm", dtype)), CONSTANT)


def uniform(
    low: float,
    high: float,
    size: Sequence[int],
    *,
    dtype: npt.DTypeLike = np.float32,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Random numbers, uniform on [low, high). Raises ValueError if low > high."""
    if not low <= high:
        raise ValueError(f"uniform: expected low <= high, not {low} and {high}")
    shape = positive_sizes("uniform", (size,))
    draw = low + (high - low) * generator_or_default(generator).random(shape, _drawn(dtype))
    values = np.asarray(draw, dtype)
    if low < high:  # where the last number below is rounded to it
        values = np.where(values < high, values, np.nextafter(values.dtype.type(high), values.dtype.type(low)))
    return make(values, CONSTANT)


def normal(
    mean: Tensor | float,
    std: Tensor | float = 1.0,
    size: Sequence[int] | None = None,
    *,
    generator: np.random.Generator | None = None,
) -> Tensor:
    """Random numbers, normal with `mean` and standard deviation `std`, which broadcast; two numbers need a `size`.

    float32, or the dtype of the Tensors. Raises ValueError for a negative `std`.
    """
    center, spread = (_parameter("normal", x) for x in (mean, std))
    if np.less(spread, 0).any():
        raise ValueError("normal: std has an element below 0")
    given = [x.dtype for x in (mean, std) if isinstance(x, Tensor)]
    dtype = np.result_type(*given) if given else np.dtype(np.float32)
    if size is None and not given:
        raise TypeError("normal: two numbers need a size, as in normal(0.0, 1.0, (2, 3))")
    if size is not None and given:
        raise TypeError("normal: a Tensor has a shape; give no size beside it")
    try:
        shape = np.broadcast_shapes(center.shape, spread.shape) if size is None else positive_sizes("normal", (size,))
    except ValueError:
        if size is not None:
            raise
        raise no_broadcast("normal", center, spread) from None
    draw = generator_or_default(generator).standard_normal(shape, _drawn(dtype))
    return make(np.asarray(draw * spread + center, dtype), CONSTANT)


def bernoulli(input: Tensor, p: float | None = None, *, generator: np.random.Generator | None = None) -> Tensor:
    """1 with the probability that is each element of `input`, else 0; or with the probability `p` in its shape.

    Raises ValueError outside [0, 1].
    """
    if p is not None:
        if not isinstance(p, (int, float, np.number)):
            raise TypeError(f"bernoulli: expected a number as p, not {type(p).__name__}; generator= takes a generator")
        array = array_of("bernoulli", input)
        return bernoulli(make(np.full(array.shape, p, np.float64), CONSTANT), generator=generator).to(array.dtype)
    return _bernoulli(_sample_parameter("bernoulli", input), generator)


def _bernoulli(p: Array, generator: np.random.Generator | None) -> Tensor:
    if not np.logical_and(p >= 0, p <= 1).all():
        raise ValueError("bernoulli: a probability is at least 0 and at most 1")
    draw = generator_or_default(generator).random(p.shape)
    return make(np.asarray(np.less(draw, p), p.dtype), CONSTANT)


def poisson(input: Tensor, generator: np.random.Generator | None = None) -> Tensor:
    """Random counts, Poisson with the rates `input`, in its dtype. Raises ValueError for a rate below 0."""
    rate = _sample_parameter("poisson", input)
    if not np.greater_equal(rate, 0).all():
        raise ValueError("poisson: a rate is at least 0")
    return make(np.asarray(generator_or_default(generator).poisson(rate), rate.dtype), CONSTANT)


def multinomial(
    input: Tensor, num_samples: int, replacement: bool = False, *, generator: np.random.Generator | None = None
) -> Tensor:
    """`num_samples` indices of a vector of weights, or of each row of a matrix, drawn with their probabilities.

    The weights need not sum to 1. Without `replacement` no index comes twice. Raises ValueError for weights that are
    negative, not finite or all 0, and for more samples than there are weights other than 0 without `replacement`.
    """
    weights = _sample_parameter("multinomial", input)
    if weights.ndim not in (1, 2):
        raise ValueError(f"multinomial: expected a vector or a matrix of weights, not shape {weights.shape}")
    if num_samples < 1:
        raise ValueError(f"multinomial: expected at least one sample, not num_samples {num_samples}")
    rows = np.atleast_2d(weights).astype(np.float64)
    total = rows.sum(1)
    if not ((rows.min(1, initial=0) >= 0) & np.isfinite(total)).all():
        raise ValueError("multinomial: a weight is finite and at least 0")
    if not total.all():
        raise ValueError("multinomial: weights are all 0")
    if not replacement and (few := int(np.count_nonzero(rows, 1).min(initial=num_samples))) < num_samples:
        raise ValueError(f"multinomial: {num_samples} samples of {few} weights other than 0 need replacement=True")
    draw = generator_or_default(generator)
    if replacement:
        sums = np.cumsum(rows, 1)
        at = draw.random((len(rows), num_samples)) * sums[:, -1:]
        indices = np.array([np.searchsorted(total, u, "right") for total, u in zip(sums, at)], np.int64)
    else:
        # The order of exponential times with these rates is that of draws without replacement.
        with np.errstate(divide="ignore"):
            times = draw.standard_exponential(rows.shape) / rows
        indices = np.argsort(times, 1, kind="stable")[:, :num_samples].astype(np.int64)
    return make(indices.reshape(*weights.shape[:-1], num_samples), CONSTANT)


def _sample_parameter(name: str, x: object) -> Array:
    """The array of a Tensor of floats."""
    array = array_of(name, x)
    if array.dtype.kind != "f":
        raise TypeError(f"{name}: expected a floating dtype, not {array.dtype}")
    return array


def _parameter(name: str, x: object) -> Array:
    """The array of a Tensor of floats, or of a number."""
    if isinstance(x, (int, float)):
        return np.array(x, np.float32)
    return _sample_parameter(name, x)


def _drawn(dtype: npt.DTypeLike) -> type[np.float32] | type[np.float64]:
    """The dtype in which a generator draws for `dtype`."""
    checked: np.dtype[Any] = np.dtype(dtype)
    if checked.kind != "f":
        raise TypeError(f"random numbers of dtype {checked}: expected a floating dtype")
    return np.float64 if checked.itemsize == 8 else np.float32
