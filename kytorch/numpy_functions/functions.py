"""NumPy's functions on Tensors that are no ufuncs: np.sum(x, axis=0), np.where(x > 0, x, 0), np.linalg.solve(a, b)."""

from __future__ import annotations

import builtins
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Literal

import numpy as np

from kytorch import linalg
from kytorch.numpy_functions.operands import (
    ADVICE,
    EDITS,
    Axis,
    cast,
    dims_of,
    operand_of,
    pair,
    refuse_weights,
    tensor_of,
    tensors_of,
    values_of,
)
from kytorch.numpy_functions.ufuncs import prod_over
from kytorch.ops.broadcast import broadcast_tensors, broadcast_to, meshgrid
from kytorch.ops.clamp import clamp, nan_to_num
from kytorch.ops.create import empty_like, full_like, ones_like, zeros_like
from kytorch.ops.cumulative import cumprod, cumsum, diff
from kytorch.ops.diagonal import diag, diagonal, tril, triu
from kytorch.ops.einsum import einsum, kron, tensordot
from kytorch.ops.extremum import amax, amin, argmax, argmin
from kytorch.ops.gather import take_along_dim
from kytorch.ops.histogram import bincount
from kytorch.ops.join import cat, dstack, hstack, stack, tensor_split, unbind, vstack
from kytorch.ops.logic import (
    isclose,
    isneginf,
    isposinf,
)
from kytorch.ops.move import flip, fliplr, flipud, roll, rot90
from kytorch.ops.nonzero import nonzero
from kytorch.ops.pad import pad
from kytorch.ops.permute import moveaxis, permute, transpose
from kytorch.ops.products import dot, outer
from kytorch.ops.quantile import nanquantile, quantile
from kytorch.ops.reduce import mean, nanmean, nansum, sum
from kytorch.ops.repeat import repeat_interleave, tile
from kytorch.ops.rounding import round, trunc
from kytorch.ops.search import searchsorted
from kytorch.ops.shape import reshape, squeeze, unsqueeze
from kytorch.ops.sorting import argsort, sort
from kytorch.ops.special import sinc
from kytorch.ops.truth import all, any
from kytorch.ops.unique import isin, unique
from kytorch.ops.variance import std, var
from kytorch.ops.where import where
from kytorch.tensor.core import Operand, Tensor
from kytorch.tensor.dims import one_dim
from kytorch.tensor.methods.registry import hook
from kytorch.tensor.values import Array


@hook
def array_function(function: Callable[..., Any], args: tuple[object, ...], kwargs: Mapping[str, Any]) -> object:
    """What a Tensor answers where NumPy meets it in `function`. Raises TypeError for what is not supported."""
    name = ("np.linalg." if function.__module__ == "numpy.linalg" else "np.") + function.__name__
    refuse_weights(name, args)
    if function in _ON_VALUES:
        return function(*values_of(args), **dict(zip(kwargs, values_of(kwargs.values()))))
    kwargs = {key: value for key, value in kwargs.items() if key != "out" or value is not None}
    if kwargs.get("axis", 0) == ():
        raise TypeError(f"{name}: axis=() reduces nothing, which is not supported for Tensors; leave out the call")
    answer = FUNCTIONS.get(function)
    if answer is None:
        raise TypeError(f"{name}: {EDITS if function in _WRITING else 'not supported for Tensors' + ADVICE}")
    try:
        return answer(*args, **kwargs)
    except TypeError as error:
        if error.__traceback__ is None or error.__traceback__.tb_next is not None:  # raised within, not by the call
            raise
        code = answer.__code__
        parameters = ", ".join(code.co_varnames[: code.co_argcount + code.co_kwonlyargcount])
        what = str(error).replace("<lambda>()", "it")
        raise TypeError(f"{name}: {what}; for Tensors its parameters are {parameters}") from None


# Elementwise functions: NumPy's ufuncs


# Other functions: NumPy's parameters, as far as they are supported, and what kytorch makes of them. `out` is never.

FUNCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    # Reductions
    np.sum: lambda a, axis=None, dtype=None, *, keepdims=False: sum(cast(a, dtype), axis, keepdims),
    np.mean: lambda a, axis=None, dtype=None, *, keepdims=False: mean(cast(a, dtype), axis, keepdims),
    np.prod: lambda a, axis=None, dtype=None, *, keepdims=False: prod_over(cast(a, dtype), axis, keepdims),
    np.var: lambda a, axis=None, dtype=None, *, ddof=0, keepdims=False: var(
        cast(a, dtype), axis, correction=ddof, keepdim=keepdims),
    np.std: lambda a, axis=None, dtype=None, *, ddof=0, keepdims=False: std(
        cast(a, dtype), axis, correction=ddof, keepdim=keepdims),
    np.max: lambda a, axis=None, *, keepdims=False: amax(a, dims_of(a, axis), keepdims),
    np.min: lambda a, axis=None, *, keepdims=False: amin(a, dims_of(a, axis), keepdims),
    np.amax: lambda a, axis=None, *, keepdims=False: amax(a, dims_of(a, axis), keepdims),
    np.amin: lambda a, axis=None, *, keepdims=False: amin(a, dims_of(a, axis), keepdims),
    np.nansum: lambda a, axis=None, dtype=None, *, keepdims=False: nansum(cast(a, dtype), axis, keepdims),
    np.nanmean: lambda a, axis=None, dtype=None, *, keepdims=False: nanmean(cast(a, dtype), axis, keepdims),
    np.ptp: lambda a, axis=None, *, keepdims=False: (
        amax(a, dims_of(a, axis), keepdims) - amin(a, dims_of(a, axis), keepdims)),
    np.all: lambda a, axis=None, *, keepdims=False: all(a, axis, keepdims),
    np.any: lambda a, axis=None, *, keepdims=False: any(a, axis, keepdims),
    np.argmax: lambda a, axis=None, *, keepdims=False: argmax(a, axis, keepdims),
    np.argmin: lambda a, axis=None, *, keepdims=False: argmin(a, axis, keepdims),
    np.count_nonzero: lambda a, axis=None, *, keepdims=False: sum(a != 0, axis, keepdims),
    np.average: lambda a, axis=None, weights=None, *, keepdims=False: _average(tensor_of(a), axis, weights, keepdims),
    np.cumsum: lambda a, axis=None, dtype=None: cumsum(*_along(cast(a, dtype), axis)),
    np.cumprod: lambda a, axis=None, dtype=None: cumprod(*_along(cast(a, dtype), axis)),
    # of two in the middle the mean, where PyTorch's median takes the lesser
    np.median: lambda a, axis=None, *, keepdims=False: _quantile(a, 0.5, axis, "linear", keepdims),
    np.nanmedian: lambda a, axis=None, *, keepdims=False: _quantile(a, 0.5, axis, "linear", keepdims, nanquantile),
    np.nanquantile: lambda a, q, axis=None, *, method="linear", keepdims=False: _quantile(
        a, q, axis, method, keepdims, nanquantile),
    np.quantile: lambda a, q, axis=None, *, method="linear", keepdims=False: _quantile(a, q, axis, method, keepdims),
    np.percentile: lambda a, q, axis=None, *, method="linear", keepdims=False: _quantile(
        a, np.asarray(q) / 100.0, axis, method, keepdims),
    # Elementwise
    np.where: lambda condition, *branches: _where(tensor_of(condition), *branches),
    np.clip: lambda a, a_min=None, a_max=None, *, min=None, max=None: _clip(
        tensor_of(a), a_min if min is None else min, a_max if max is None else max),
    np.round: lambda a, decimals=0: round(a, decimals=decimals),
    np.fix: lambda x: trunc(x),
    np.nan_to_num: lambda x, copy=True, nan=0.0, posinf=None, neginf=None: nan_to_num(x, nan, posinf, neginf),
    np.real: lambda val: val,
    np.copy: lambda a, order="K", subok=False: a,
    np.isclose: lambda a, b, rtol=1e-5, atol=1e-8, equal_nan=False: isclose(*pair(a, b), rtol, atol, equal_nan),
    np.isposinf: lambda x: isposinf(x),
    np.isneginf: lambda x: isneginf(x),
    np.sinc: lambda x: sinc(x),
    # Shapes
    np.reshape: lambda a, shape, order="C": _reshape(a, shape, order),
    np.ravel: lambda a, order="C": _reshape(a, -1, order),
    np.transpose: lambda a, axes=None: permute(a, *(range(a.ndim)[::-1] if axes is None else axes)),
    np.matrix_transpose: lambda x: x.mT,
    np.swapaxes: lambda a, axis1, axis2: transpose(a, axis1, axis2),
    np.moveaxis: lambda a, source, destination: moveaxis(a, source, destination),
    np.expand_dims: lambda a, axis: _expand_dims(a, axis),
    np.squeeze: lambda a, axis=None: _squeeze(a, axis),
    np.broadcast_to: lambda array, shape, subok=False: broadcast_to(array, _several(shape)),
    np.broadcast_arrays: lambda *args, subok=False: tuple(broadcast_tensors(*tensors_of(args))),
    np.atleast_1d: lambda *arys: _each(lambda x: x if x.ndim else reshape(x, 1), arys),
    np.atleast_2d: lambda *arys: _each(lambda x: x if x.ndim > 1 else reshape(x, 1, -1), arys),
    np.tile: lambda A, reps: tile(A, _several(reps)),
    np.repeat: lambda a, repeats, axis=None: repeat_interleave(
        a, repeats if isinstance(repeats, int) else tensor_of(repeats), axis),
    np.flip: lambda m, axis=None: flip(m, dims_of(m, axis)),
    np.fliplr: lambda m: fliplr(m),
    np.flipud: lambda m: flipud(m),
    np.roll: lambda a, shift, axis=None: _roll(a, shift, axis),
    np.rot90: lambda m, k=1, axes=(0, 1): rot90(m, k, axes),
    np.pad: lambda array, pad_width, mode="constant", *, constant_values=0.0: _pad(
        array, pad_width, mode, constant_values),
    np.diagonal: lambda a, offset=0, axis1=0, axis2=1: diagonal(a, offset, axis1, axis2),
    np.diag: lambda v, k=0: diag(v, k),
    np.tril: lambda m, k=0: tril(m, k),
    np.triu: lambda m, k=0: triu(m, k),
    np.meshgrid: lambda *xi, copy=True, indexing="xy": tuple(meshgrid(*tensors_of(xi), indexing=indexing)),
    # Joining and taking apart
    np.concatenate: lambda arrays, axis=0, *, dtype=None: _concatenate([cast(x, dtype) for x in arrays], axis),
    np.append: lambda arr, values, axis=None: _concatenate(tensors_of([arr, values]), axis),
    np.stack: lambda arrays, axis=0, *, dtype=None: stack([cast(x, dtype) for x in arrays], axis),
    np.hstack: lambda tup, *, dtype=None: hstack([cast(x, dtype) for x in tup]),
    np.vstack: lambda tup, *, dtype=None: vstack([cast(x, dtype) for x in tup]),
    np.dstack: lambda tup: dstack(tensors_of(tup)),
    np.column_stack: lambda tup: cat([x if x.ndim > 1 else reshape(x, -1, 1) for x in tensors_of(tup)], 1),
    np.split: lambda ary, indices_or_sections, axis=0: _split(ary, indices_or_sections, axis),
    np.array_split: lambda ary, indices_or_sections, axis=0: list(tensor_split(ary, indices_or_sections, axis)),
    # Places and order
    np.take: lambda a, indices, axis=None: _take(a, tensor_of(indices), axis),
    np.take_along_axis: lambda arr, indices, axis=-1: take_along_dim(arr, tensor_of(indices), axis),
    np.compress: lambda condition, a, axis=None: _take(a, reshape(nonzero(tensor_of(condition)), -1), axis),
    np.select: lambda condlist, choicelist, default=0: _select(condlist, choicelist, default),
    np.nonzero: lambda a: nonzero(a, as_tuple=True),
    np.argwhere: lambda a: nonzero(a),
    np.flatnonzero: lambda a: reshape(nonzero(reshape(a, -1)), -1),
    np.sort: lambda a, axis=-1, kind=None, *, stable=None: sort(*_along(a, axis)).values,
    np.argsort: lambda a, axis=-1, kind=None, *, stable=None: argsort(
        *_along(a, axis), stable=builtins.bool(stable) or kind in ("stable", "mergesort")),
    np.searchsorted: lambda a, v, side="left": searchsorted(tensor_of(a), pair(v, tensor_of(a))[0], side=side),
    np.isin: lambda element, test_elements, assume_unique=False, invert=False: isin(
        tensor_of(element), tensor_of(test_elements), assume_unique=assume_unique, invert=invert),
    np.bincount: lambda x, weights=None, minlength=0: bincount(
        tensor_of(x), None if weights is None else tensor_of(weights), minlength),
    np.unique: lambda ar, *, return_inverse=False, return_counts=False, axis=None: unique(
        ar, return_inverse=return_inverse, return_counts=return_counts, dim=axis),
    np.diff: lambda a, n=1, axis=-1: diff(a, n, axis),
    np.trapezoid: lambda y, x=None, dx=1.0, axis=-1: _trapezoid(tensor_of(y), x, dx, axis),
    # Products
    np.dot: lambda a, b: _dot(*pair(a, b)),
    np.vdot: lambda a, b: dot(reshape(tensor_of(a), -1), reshape(tensor_of(b), -1)),
    np.inner: lambda a, b: _inner(*pair(a, b)),
    np.outer: lambda a, b: outer(reshape(tensor_of(a), -1), reshape(tensor_of(b), -1)),
    np.tensordot: lambda a, b, axes=2: tensordot(tensor_of(a), tensor_of(b), _axes(axes)),
    np.einsum: lambda subscripts, *operands, optimize=False: einsum(subscripts, *tensors_of(operands)),
    np.kron: lambda a, b: kron(tensor_of(a), tensor_of(b)),
    np.trace: lambda a, offset=0, axis1=0, axis2=1: sum(diagonal(a, offset, axis1, axis2), -1),
    np.cross: lambda a, b, *, axis=-1: linalg.cross(tensor_of(a), tensor_of(b), dim=axis),
    # Linear algebra
    np.linalg.norm: lambda x, ord=None, axis=None, keepdims=False: linalg.norm(_floats(x), ord, axis, keepdims),
    np.linalg.vector_norm: lambda x, *, axis=None, keepdims=False, ord=2: linalg.vector_norm(x, ord, axis, keepdims),
    np.linalg.matrix_norm: lambda x, *, keepdims=False, ord="fro": linalg.matrix_norm(x, ord, (-2, -1), keepdims),
    np.linalg.det: lambda a: linalg.det(a),
    np.linalg.slogdet: lambda a: linalg.slogdet(a),
    np.linalg.inv: lambda a: linalg.inv(a),
    np.linalg.pinv: lambda a, rcond=None, *, rtol=None: linalg.pinv(
        a, rtol=1e-15 if rcond is None and rtol is None else rcond if rtol is None else rtol),
    np.linalg.solve: lambda a, b: _solve(tensor_of(a), tensor_of(b)),
    np.linalg.cholesky: lambda a, *, upper=False: linalg.cholesky(a, upper=upper),
    np.linalg.qr: lambda a, mode="reduced": linalg.qr(a, mode)[1] if mode == "r" else linalg.qr(a, mode),
    np.linalg.eigh: lambda a, UPLO="L": linalg.eigh(a, UPLO),
    np.linalg.eigvalsh: lambda a, UPLO="L": linalg.eigvalsh(a, UPLO),
    np.linalg.svd: lambda a, full_matrices=True, compute_uv=True: (
        linalg.svd(a, full_matrices) if compute_uv else linalg.svdvals(a)),
    np.linalg.svdvals: lambda x: linalg.svdvals(x),
    np.linalg.lstsq: lambda a, b, rcond=None: linalg.lstsq(
        tensor_of(a), tensor_of(b), rcond, driver="gelsd"),
    np.linalg.cond: lambda x, p=None: linalg.cond(x, p),
    np.linalg.matrix_rank: lambda A, tol=None, *, rtol=None: linalg.matrix_rank(A, atol=tol, rtol=rtol),
    np.linalg.matrix_power: lambda a, n: linalg.matrix_power(a, n),
    np.linalg.multi_dot: lambda arrays: linalg.multi_dot(tensors_of(arrays)),
    np.linalg.matmul: lambda x1, x2: tensor_of(x1) @ tensor_of(x2),
    np.linalg.vecdot: lambda x1, x2, *, axis=-1: sum(tensor_of(x1) * tensor_of(x2), axis),
    np.linalg.cross: lambda x1, x2, *, axis=-1: linalg.cross(tensor_of(x1), tensor_of(x2), dim=axis),
    np.linalg.outer: lambda x1, x2: outer(tensor_of(x1), tensor_of(x2)),
    np.linalg.tensordot: lambda x1, x2, *, axes=2: tensordot(tensor_of(x1), tensor_of(x2), _axes(axes)),
    np.linalg.diagonal: lambda x, *, offset=0: diagonal(x, offset, -2, -1),
    np.linalg.trace: lambda x, *, offset=0: sum(diagonal(x, offset, -2, -1), -1),
    np.linalg.matrix_transpose: lambda x: x.mT,
    # Like another
    np.zeros_like: lambda a, dtype=None: zeros_like(a, dtype),
    np.ones_like: lambda a, dtype=None: ones_like(a, dtype),
    np.empty_like: lambda prototype, dtype=None: empty_like(prototype, dtype),
    np.full_like: lambda a, fill_value, dtype=None: full_like(a, fill_value, dtype),
}  # fmt: skip

FUNCTIONS |= {np.amax: FUNCTIONS[np.max], np.amin: FUNCTIONS[np.min], np.around: FUNCTIONS[np.round]}
if hasattr(np, "unstack"):  # from NumPy 2.1 on
    FUNCTIONS |= {
        np.unstack: lambda x, *, axis=0: unbind(x, axis),
        np.astype: lambda x, dtype, *, copy=True: x.to(dtype),
    }

# NumPy itself answers these: they tell of shapes, dtypes and values, or write them out.
_ON_VALUES = {
    np.shape, np.ndim, np.size, np.result_type, np.can_cast, np.min_scalar_type, np.common_type, np.iscomplexobj,
    np.isrealobj, np.may_share_memory, np.shares_memory, np.array_equal, np.array_equiv, np.allclose, np.array2string,
    np.array_repr, np.array_str, np.save, np.savez, np.savez_compressed, np.savetxt,
}  # fmt: skip
_WRITING = {np.copyto, np.put, np.place, np.putmask, np.put_along_axis, np.fill_diagonal}


def _average(x: Tensor, axis: int | None, weights: Tensor | Array | None, keepdims: bool) -> Tensor:
    if weights is None:
        return mean(x, axis, keepdims)
    w = tensor_of(weights)
    if w.ndim == 1 and axis is not None:
        w = reshape(w, [-1 if i == axis % x.ndim else 1 for i in range(x.ndim)])
    w = broadcast_to(w, x.shape)
    return sum(x * w, axis, keepdims) / sum(w, axis, keepdims)


def _quantile(
    x: Tensor,
    q: float | Array,
    axis: int | None,
    interpolation: str,
    keepdims: bool,
    function: Callable[..., Tensor] = quantile,
) -> Tensor:
    if x.dtype.kind != "f":
        x = x.to(np.float64)
    at = q if isinstance(q, float) else Tensor(np.asarray(q, x.dtype))
    return function(x, at, axis, keepdims, interpolation=interpolation)


def _where(condition: Tensor, *branches: object) -> Tensor | tuple[Tensor, ...]:
    chosen = condition if condition.dtype.kind == "b" else condition != 0
    if not branches:
        return nonzero(chosen, as_tuple=True)
    a, b = branches
    return where(chosen, *pair(a, b))


def _clip(x: Tensor, low: object, high: object) -> Tensor:
    if low is None and high is None:
        return x
    return clamp(x, None if low is None else operand_of(low), None if high is None else operand_of(high))


def _reshape(x: Tensor, shape: int | Sequence[int], order: str) -> Tensor:
    if order != "C":
        raise TypeError(f"np.reshape: order={order!r} is not supported for Tensors; permute its dimensions first")
    return reshape(x, shape)


def _expand_dims(x: Tensor, axis: int | Sequence[int]) -> Tensor:
    axes = _several(axis)
    ndim = x.ndim + len(axes)
    for i in sorted([one_dim("np.expand_dims", i, ndim) for i in axes]):
        x = unsqueeze(x, i)
    return x


def _squeeze(x: Tensor, axis: Axis) -> Tensor:
    if axis is None:
        return squeeze(x)
    dims = dims_of(x, axis)
    if builtins.any(x.shape[i] != 1 for i in dims):
        raise ValueError(f"np.squeeze: a Tensor of shape {x.shape} has another size than 1 along {axis}")
    return squeeze(x, dims)


_MODES: dict[str, Literal["constant", "reflect", "replicate", "circular"]] = {
    "constant": "constant",
    "reflect": "reflect",
    "edge": "replicate",
    "wrap": "circular",
}


def _pad(x: Tensor, width: object, mode: str, value: float) -> Tensor:
    if mode not in _MODES:
        raise TypeError(f"np.pad: mode {mode!r} is not supported for Tensors; it is one of {', '.join(_MODES)}")
    widths = np.broadcast_to(np.asarray(width), (x.ndim, 2))[::-1]
    return pad(x, [int(n) for n in widths.reshape(-1)], _MODES[mode], value)


def _concatenate(parts: list[Tensor], axis: int | None) -> Tensor:
    return cat([reshape(x, -1) for x in parts]) if axis is None else cat(parts, axis)


def _split(x: Tensor, sections: int | Sequence[int], axis: int) -> list[Tensor]:
    if isinstance(sections, int) and x.shape[axis] % sections:
        raise ValueError(f"np.split: {x.shape[axis]} rows do not divide into {sections} equal parts")
    return list(tensor_split(x, sections if isinstance(sections, int) else _several(sections), axis))


def _roll(x: Tensor, shift: int | Sequence[int], axis: int | Sequence[int] | None) -> Tensor:
    if axis is None:
        return roll(x, builtins.sum(_several(shift)))
    shifts, axes = np.broadcast_arrays(_several(shift), _several(axis))
    return roll(x, shifts.tolist(), axes.tolist())


def _solve(a: Tensor, b: Tensor) -> Tensor:
    """NumPy takes `b` for vectors only if it is one; PyTorch also where its shape would do."""
    return linalg.solve(a, reshape(b, *[1] * (a.ndim - b.ndim), *b.shape) if b.ndim > 1 else b)


def _take(x: Tensor, indices: Tensor, axis: int | None) -> Tensor:
    if axis is None:
        return reshape(x, -1)[indices]
    return x[(slice(None),) * one_dim("np.take", axis, x.ndim) + (indices,)]


def _select(conditions: Sequence[object], choices: Sequence[object], default: object) -> Tensor:
    chosen = default
    for condition, choice in reversed(list(zip(conditions, choices, strict=True))):
        chosen = where(tensor_of(condition), *pair(choice, chosen))
    return tensor_of(chosen)


def _trapezoid(y: Tensor, x: Tensor | Array | None, dx: float, axis: int) -> Tensor:
    heights = moveaxis(y, axis, -1)
    widths: Operand = dx
    if x is not None:
        places = tensor_of(x)
        widths = diff(places if places.ndim == 1 else moveaxis(places, axis, -1))
    return sum((heights[..., 1:] + heights[..., :-1]) * widths, -1) * 0.5


def _dot(a: Tensor, b: Tensor) -> Tensor:
    if not a.ndim or not b.ndim:
        return a * b
    return a @ b if b.ndim <= 2 else tensordot(a, b, ([a.ndim - 1], [b.ndim - 2]))


def _inner(a: Tensor, b: Tensor) -> Tensor:
    return a * b if not a.ndim or not b.ndim else tensordot(a, b, ([a.ndim - 1], [b.ndim - 1]))


def _axes(axes: int | Sequence[int | Sequence[int]]) -> Any:
    return axes if isinstance(axes, int) else [_several(part) for part in axes]


def _each(function: Callable[[Tensor], Tensor], arrays: Sequence[object]) -> Tensor | tuple[Tensor, ...]:
    made = tuple([function(tensor_of(x)) for x in arrays])
    return made[0] if len(made) == 1 else made


def _along(x: Tensor, axis: int | None) -> tuple[Tensor, int]:
    """`x` and the dimension along which to go; without one all elements in a row."""
    return (reshape(x, -1), 0) if axis is None else (x, axis)


def _several(sizes: int | Sequence[int]) -> list[int]:
    return [int(n) for n in np.atleast_1d(sizes)]


def _floats(x: Tensor) -> Tensor:
    return x if x.dtype.kind == "f" and x.dtype.itemsize > 2 else x.to(np.float64)
