"""Elementwise operations."""

import numpy as np

from benchmarks.operations.cases import Call, case, normal, positive, unit, whole
from benchmarks.prepared import Array


def other(n: int) -> Array:
    """Numbers that are not the first operand's, some of them greater."""
    return normal(n)[::-1].copy()


case("add", np.add, normal, positive)
case("sub", np.subtract, normal, positive)
case("mul", np.multiply, normal, positive)
case("div", np.true_divide, normal, positive)
_SIGNED: list[tuple[str, Call]] = [
    ("neg", np.negative), ("abs", np.abs), ("sign", np.sign), ("exp", np.exp), ("exp2", np.exp2), ("expm1", np.expm1),
    ("square", np.square), ("sin", np.sin), ("cos", np.cos), ("tan", np.tan), ("atan", np.arctan), ("sinh", np.sinh),
    ("cosh", np.cosh), ("tanh", np.tanh), ("asinh", np.arcsinh), ("floor", np.floor), ("ceil", np.ceil),
    ("round", np.round), ("trunc", np.trunc), ("nan_to_num", np.nan_to_num),
]  # fmt: skip
for name, numpy in _SIGNED:
    case(name, numpy)
_POSITIVE: list[tuple[str, Call]] = [
    ("log", np.log), ("log1p", np.log1p), ("log2", np.log2), ("log10", np.log10), ("sqrt", np.sqrt),
    ("reciprocal", np.reciprocal),
]  # fmt: skip
for name, numpy in _POSITIVE:
    case(name, numpy, positive)
case("rsqrt", None, positive)
case("asin", np.arcsin, unit)
case("acos", np.arccos, unit)
case("atanh", np.arctanh, unit)
case("acosh", lambda x: np.arccosh(x + 1), positive, call=lambda lib, x: lib.acosh(x + 1))
case("sigmoid", None)
case("logit", None, unit)
case("erf", None)
case("erfc", None)
case("relu", lambda x: np.maximum(x, 0))
case("softplus", None, torch=lambda torch, x: torch.nn.functional.softplus(x))
case("frac", None)
case("clamp", lambda x: np.clip(x, -0.5, 0.5), call=lambda lib, x: lib.clamp(x, -0.5, 0.5))
case("pow", np.power, positive, normal)
case("pow to 3", lambda x: x * x * x, call=lambda lib, x: lib.pow(x, 3))
case("pow to 0.5", lambda x: x**0.5, positive, call=lambda lib, x: lib.pow(x, 0.5))
case("atan2", np.arctan2, normal, positive)
case("hypot", np.hypot, normal, positive)
case("xlogy", None, normal, positive)
case("lerp", None, normal, positive, call=lambda lib, a, b: lib.lerp(a, b, 0.3))
case("maximum", np.maximum, normal, other)
case("minimum", np.minimum, normal, other)
case("fmod", np.fmod, normal, positive)
case("remainder", np.remainder, normal, positive)
case("floor_divide", np.floor_divide, normal, positive, differentiable=False)
case("where", lambda a, b: np.where(a > b, a, b), normal, other, call=lambda lib, a, b: lib.where(a > b, a, b))
_TWO: list[tuple[str, Call]] = [
    ("eq", np.equal), ("ne", np.not_equal), ("lt", np.less), ("le", np.less_equal), ("gt", np.greater),
    ("ge", np.greater_equal), ("isclose", np.isclose), ("logical_and", np.logical_and), ("logical_or", np.logical_or),
    ("logical_xor", np.logical_xor),
]  # fmt: skip
for name, numpy in _TWO:
    case(name, numpy, normal, other, differentiable=False)
case("allclose", np.allclose, normal, normal, differentiable=False)
_TESTS: list[tuple[str, Call]] = [
    ("isnan", np.isnan), ("isinf", np.isinf), ("isfinite", np.isfinite), ("logical_not", np.logical_not),
]  # fmt: skip
for name, numpy in _TESTS:
    case(name, numpy, differentiable=False)
_BITS: list[tuple[str, Call]] = [
    ("bitwise_and", np.bitwise_and), ("bitwise_or", np.bitwise_or), ("bitwise_xor", np.bitwise_xor),
]  # fmt: skip
for name, numpy in _BITS:
    case(name, numpy, whole, whole, differentiable=False)
case("bitwise_not", np.bitwise_not, whole, differentiable=False)
case("to float64", lambda x: x.astype(np.float64), call=lambda lib, x: x.to(lib.float64))
case("bitwise_left_shift", lambda x: np.left_shift(x, 2), whole, differentiable=False,
     call=lambda lib, x: lib.bitwise_left_shift(x, 2))  # fmt: skip
case("bitwise_right_shift", lambda x: np.right_shift(x, 2), whole, differentiable=False,
     call=lambda lib, x: lib.bitwise_right_shift(x, 2))  # fmt: skip
case("fmax", np.fmax, normal, other)
case("fmin", np.fmin, normal, other)
case("sinc", np.sinc, positive)
case("isposinf", np.isposinf, differentiable=False)
case("isneginf", np.isneginf, differentiable=False)
case("equal", np.array_equal, normal, normal, differentiable=False)
case("lerp by a Tensor", None, normal, positive, unit, call=lambda lib, a, b, w: lib.lerp(a, b, w))
