"""NumPy's ufuncs on Tensors: np.sin(x), np.add.reduce(x), `array * x`."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from kytorch.numpy_functions.operands import (
    ADVICE,
    EDITS,
    Axis,
    cast,
    dims_of,
    operand_of,
    pair,
    refuse_weights,
    tensors_of,
)
from kytorch.ops.arithmetic import neg
from kytorch.ops.broadcast import broadcast_tensors
from kytorch.ops.cumulative import cummax, cummin, cumprod, cumsum, logcumsumexp
from kytorch.ops.dtype import to
from kytorch.ops.exponential import exp, exp2, expm1, log, log1p, log2, log10
from kytorch.ops.extremum import amax, amin
from kytorch.ops.hyperbolic import acosh, asinh, atanh, cosh, sinh, tanh
from kytorch.ops.join import stack
from kytorch.ops.logic import (
    bitwise_and,
    bitwise_left_shift,
    bitwise_not,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    isfinite,
    isinf,
    isnan,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
)
from kytorch.ops.maximum import fmax, fmin, maximum, minimum
from kytorch.ops.permute import moveaxis
from kytorch.ops.power import hypot, pow, reciprocal, sqrt, square
from kytorch.ops.prod import prod
from kytorch.ops.reduce import sum
from kytorch.ops.remainder import floor_divide, fmod, remainder
from kytorch.ops.rounding import ceil, floor, frac, round, trunc
from kytorch.ops.shape import reshape
from kytorch.ops.sign import abs, sign
from kytorch.ops.softmax import logsumexp
from kytorch.ops.trigonometry import acos, asin, atan, atan2, cos, sin, tan
from kytorch.ops.truth import all, any
from kytorch.ops.where import where
from kytorch.tensor.core import Operand, Tensor
from kytorch.tensor.methods.registry import hook


@hook
def array_ufunc(ufunc: np.ufunc, how: str, inputs: Sequence[object], options: dict[str, Any]) -> object:
    """What a Tensor answers where NumPy meets it in `ufunc`. Raises TypeError for what is not supported."""
    name = f"np.{ufunc.__name__}" if how == "__call__" else f"np.{ufunc.__name__}.{how}"
    refuse_weights(name, inputs)
    if how == "at":
        raise TypeError(f"{name}: {EDITS}")
    if options.pop("out", None) is not None:
        raise TypeError(f"{name}: a result is not written to `out`, nor by `array += tensor`; write a = a + x")
    dtype = options.pop("dtype", None)
    if dtype is not None and {"d->?", "dd->?"}.intersection(ufunc.types):
        if np.dtype(dtype) != np.bool_:
            raise TypeError(f"{name}: answers in dtype bool, not {np.dtype(dtype)}")
        dtype = None  # that of the answer, where it is the operands' elsewhere
    if options.get("axis") == ():
        raise TypeError(f"{name}: axis=() reduces nothing, which is not supported for Tensors; leave out the call")
    function, reduction, accumulation = UFUNCS.get(ufunc), _REDUCTIONS.get(ufunc), _ACCUMULATIONS.get(ufunc)
    if how == "__call__" and function is not None and not options:
        operands = [operand_of(x) for x in inputs]
        return function(*operands if dtype is None else [cast(x, dtype) for x in operands])
    if how == "reduce" and reduction is not None and options.keys() <= {"axis", "keepdims"}:
        x = cast(inputs[0], dtype)
        return reduction(x, dims_of(x, options.get("axis", 0)), options.get("keepdims", False))
    if how == "accumulate" and accumulation is not None and options.keys() <= {"axis"}:
        return accumulation(cast(inputs[0], dtype), options.get("axis", 0))
    if how == "outer" and function is not None and not options:
        a, b = tensors_of(inputs)
        return function(reshape(a, *a.shape, *[1] * b.ndim), b)
    which = f" with {', '.join(options)}=" if options else ""
    raise TypeError(f"{name}: not supported for Tensors{which}{ADVICE}")


def _float_power(x: Operand, exponent: Operand) -> Tensor:
    base, n = pair(x, exponent)
    return pow(base.to(np.float64), n.to(np.float64))


def _cbrt(x: Tensor) -> Tensor:
    return sign(x) * pow(abs(x), 1.0 / 3.0)


def _heaviside(x: Operand, at_zero: Operand) -> Tensor:
    a, b = pair(x, at_zero)
    return where(a == 0, b, where(isnan(a), a, to(a > 0, np.result_type(a.dtype, b.dtype))))


def _sign(x: Tensor) -> Tensor:
    return where(isnan(x), x, sign(x))  # PyTorch's is 0 there


def _copysign(x: Operand, to_sign: Operand) -> Tensor:
    a, b = pair(x, to_sign)
    return where(Tensor(np.signbit(b._data)), -abs(a), abs(a))


def _logaddexp(x: Operand, other: Operand) -> Tensor:
    a, b = broadcast_tensors(*pair(x, other))
    return logsumexp(stack([a, b]), 0)


def _modf(x: Tensor) -> tuple[Tensor, Tensor]:
    return frac(where(isinf(x), 0.0, x)), trunc(x)


def _divmod(x: Operand, divisor: Operand) -> tuple[Tensor, Tensor]:
    a, b = pair(x, divisor)
    return floor_divide(a, b), remainder(a, b)


def _vecdot(x: Operand, other: Operand) -> Tensor:
    a, b = pair(x, other)
    return sum(a * b, -1)


UFUNCS: dict[np.ufunc, Callable[..., Any]] = {
    np.add: operator.add, np.subtract: operator.sub, np.multiply: operator.mul, np.true_divide: operator.truediv,
    np.power: pow, np.float_power: _float_power, np.floor_divide: floor_divide, np.remainder: remainder,
    np.fmod: fmod, np.divmod: _divmod, np.matmul: operator.matmul, np.vecdot: _vecdot, np.negative: neg,
    np.positive: operator.pos, np.conjugate: operator.pos, np.absolute: abs, np.fabs: abs, np.sign: _sign,
    np.heaviside: _heaviside, np.copysign: _copysign,
    np.exp: exp, np.exp2: exp2, np.expm1: expm1, np.log: log, np.log2: log2, np.log10: log10, np.log1p: log1p,
    np.logaddexp: _logaddexp, np.sqrt: sqrt, np.square: square, np.cbrt: _cbrt, np.reciprocal: reciprocal,
    np.hypot: hypot, np.sin: sin, np.cos: cos, np.tan: tan, np.arcsin: asin, np.arccos: acos, np.arctan: atan,
    np.arctan2: atan2, np.sinh: sinh, np.cosh: cosh, np.tanh: tanh, np.arcsinh: asinh, np.arccosh: acosh,
    np.arctanh: atanh,
    np.deg2rad: lambda x: x * (math.pi / 180.0), np.radians: lambda x: x * (math.pi / 180.0),
    np.rad2deg: lambda x: x * (180.0 / math.pi), np.degrees: lambda x: x * (180.0 / math.pi),
    np.floor: floor, np.ceil: ceil, np.trunc: trunc, np.rint: round, np.modf: _modf,
    np.maximum: maximum, np.minimum: minimum, np.fmax: fmax, np.fmin: fmin,
    np.equal: operator.eq, np.not_equal: operator.ne, np.less: operator.lt, np.less_equal: operator.le,
    np.greater: operator.gt, np.greater_equal: operator.ge, np.isnan: isnan, np.isinf: isinf, np.isfinite: isfinite,
    np.signbit: lambda x: Tensor(np.signbit(x._data)),
    np.logical_and: logical_and, np.logical_or: logical_or, np.logical_xor: logical_xor, np.logical_not: logical_not,
    np.bitwise_and: bitwise_and, np.bitwise_or: bitwise_or, np.bitwise_xor: bitwise_xor, np.invert: bitwise_not,
    np.left_shift: bitwise_left_shift, np.right_shift: bitwise_right_shift,
}  # fmt: skip


def prod_over(x: Tensor, axis: Axis, keepdims: bool) -> Tensor:
    """The product over any dimensions, where PyTorch's is over one or all."""
    dims = dims_of(x, axis)
    if len(dims) == 1:
        return prod(x, dims[0], keepdims)
    kept = [1 if i in dims else n for i, n in enumerate(x.shape)]
    last = moveaxis(x, dims, range(-len(dims), 0))
    made = prod(reshape(last, *last.shape[: x.ndim - len(dims)], -1), -1)
    return reshape(made, kept) if keepdims else made


_REDUCTIONS: dict[np.ufunc, Callable[..., Tensor]] = {
    np.add: sum, np.multiply: prod_over, np.maximum: amax, np.minimum: amin, np.logical_and: all, np.logical_or: any,
    np.logaddexp: logsumexp,
}  # fmt: skip


_ACCUMULATIONS: dict[np.ufunc, Callable[[Tensor, int], Tensor]] = {
    np.add: cumsum, np.multiply: cumprod, np.maximum: lambda x, axis: cummax(x, axis).values,
    np.minimum: lambda x, axis: cummin(x, axis).values, np.logaddexp: logcumsumexp,
}  # fmt: skip
