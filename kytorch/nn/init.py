"""Ways to draw a weight's first values, named as in torch.nn.init: each updates the weight and returns it.

`fan_in` and `fan_out` are counted for a weight of shape (out, in, ...), the sizes after the second being a kernel's.
"""

from __future__ import annotations

import math
from typing import Literal

import numpy as np
import numpy.typing as npt

from kytorch.tensor.core import TrainableWeight
from kytorch.tensor.random import generator_or_default
from kytorch.tensor.values import Array, Shape

Nonlinearity = Literal["linear", "sigmoid", "tanh", "relu", "leaky_relu", "selu"]


def calculate_gain(nonlinearity: Nonlinearity, param: float = 0.01) -> float:
    """The factor that keeps the variance through `nonlinearity`; `param` is a leaky ReLU's negative slope."""
    gains = {
        "linear": 1.0,
        "sigmoid": 1.0,
        "tanh": 5 / 3,
        "relu": math.sqrt(2),
        "leaky_relu": math.sqrt(2 / (1 + param**2)),
        "selu": 3 / 4,
    }
    if nonlinearity not in gains:
        raise ValueError(f"calculate_gain: {nonlinearity!r} is none of {', '.join(gains)}")
    return gains[nonlinearity]


def constant_(weight: TrainableWeight, value: float) -> TrainableWeight:
    """`value` everywhere."""
    return _updated(weight, np.full(weight.shape, value))


def zeros_(weight: TrainableWeight) -> TrainableWeight:
    """Zeros."""
    return constant_(weight, 0)


def ones_(weight: TrainableWeight) -> TrainableWeight:
    """Ones."""
    return constant_(weight, 1)


def eye_(weight: TrainableWeight) -> TrainableWeight:
    """The identity matrix. Raises ValueError for a weight that is no matrix."""
    if weight.ndim != 2:
        raise ValueError(f"eye_: the weight is to have two dimensions, not shape {weight.shape}")
    return _updated(weight, np.eye(weight.shape[0], weight.shape[1]))


def uniform_(
    weight: TrainableWeight, a: float = 0.0, b: float = 1.0, generator: np.random.Generator | None = None
) -> TrainableWeight:
    """U(a, b)."""
    return _updated(weight, generator_or_default(generator).uniform(a, b, weight.shape))


def uniform_weight(
    shape: Shape,
    bound: float,
    dtype: npt.DTypeLike,
    generator: np.random.Generator | None = None,
    order: Literal["C", "F"] = "C",
) -> TrainableWeight:
    """A new weight of U(-bound, bound), laid out in memory by rows, or with "F" by columns."""
    return uniform_(TrainableWeight(np.empty(shape, dtype, order=order)), -bound, bound, generator)


def normal_(
    weight: TrainableWeight, mean: float = 0.0, std: float = 1.0, generator: np.random.Generator | None = None
) -> TrainableWeight:
    """N(mean, std^2)."""
    return _updated(weight, generator_or_default(generator).normal(mean, std, weight.shape))


def trunc_normal_(
    weight: TrainableWeight,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: np.random.Generator | None = None,
) -> TrainableWeight:
    """N(mean, std^2), drawn again where it falls outside [a, b]. Raises ValueError where that would take for ever."""
    if not (a < b and a <= mean + 4 * std and b >= mean - 4 * std):
        raise ValueError(f"trunc_normal_: [{a}, {b}] is empty, or 4 std from the mean {mean}")
    draw = generator_or_default(generator)
    values = draw.normal(mean, std, weight.shape)
    while (outside := (values < a) | (values > b)).any():
        values[outside] = draw.normal(mean, std, np.count_nonzero(outside))
    return _updated(weight, values)


def xavier_uniform_(
    weight: TrainableWeight, gain: float = 1.0, generator: np.random.Generator | None = None
) -> TrainableWeight:
    """U(-a, a) with a = gain sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010, eq. 16)."""
    bound = gain * math.sqrt(6 / sum(_fans("xavier_uniform_", weight)))
    return uniform_(weight, -bound, bound, generator)


def xavier_normal_(
    weight: TrainableWeight, gain: float = 1.0, generator: np.random.Generator | None = None
) -> TrainableWeight:
    """N(0, s^2) with s = gain sqrt(2 / (fan_in + fan_out)) (Glorot and Bengio 2010, eq. 12)."""
    return normal_(weight, 0.0, gain * math.sqrt(2 / sum(_fans("xavier_normal_", weight))), generator)


def kaiming_uniform_(
    weight: TrainableWeight,
    a: float = 0.0,
    mode: Literal["fan_in", "fan_out"] = "fan_in",
    nonlinearity: Nonlinearity = "leaky_relu",
    generator: np.random.Generator | None = None,
) -> TrainableWeight:
    """U(-b, b) with b = gain sqrt(3 / fan) (He et al. 2015, eq. 10); `a` is a leaky ReLU's negative slope."""
    bound = math.sqrt(3) * _kaiming_std("kaiming_uniform_", weight, a, mode, nonlinearity)
    return uniform_(weight, -bound, bound, generator)


def kaiming_normal_(
    weight: TrainableWeight,
    a: float = 0.0,
    mode: Literal["fan_in", "fan_out"] = "fan_in",
    nonlinearity: Nonlinearity = "leaky_relu",
    generator: np.random.Generator | None = None,
) -> TrainableWeight:
    """N(0, s^2) with s = gain / sqrt(fan) (He et al. 2015, eq. 10); `a` is a leaky ReLU's negative slope."""
    return normal_(weight, 0.0, _kaiming_std("kaiming_normal_", weight, a, mode, nonlinearity), generator)


def orthogonal_(
    weight: TrainableWeight, gain: float = 1.0, generator: np.random.Generator | None = None
) -> TrainableWeight:
    """A random orthogonal matrix times `gain`, of shape (out, the rest) (Saxe et al. 2014).

    Its rows are orthonormal, or its columns where there are more rows. Raises ValueError below two dimensions.
    """
    if weight.ndim < 2:
        raise ValueError(f"orthogonal_: the weight is to have at least two dimensions, not shape {weight.shape}")
    if not weight.size:
        return weight
    rows = weight.shape[0]
    columns = weight.size // rows
    normal = generator_or_default(generator).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(normal)
    q *= np.sign(np.diagonal(r))  # so that all orthogonal matrices are equally likely
    return _updated(weight, gain * (q if rows >= columns else q.T).reshape(weight.shape))


def _kaiming_std(name: str, weight: TrainableWeight, a: float, mode: str, nonlinearity: Nonlinearity) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"{name}: mode {mode!r} is neither 'fan_in' nor 'fan_out'")
    return calculate_gain(nonlinearity, a) / math.sqrt(_fans(name, weight)[mode == "fan_out"])


def _fans(name: str, weight: TrainableWeight) -> tuple[int, int]:
    """The number of inputs of an output, and of outputs of an input."""
    if weight.ndim < 2:
        raise ValueError(f"{name}: the weight is to have at least two dimensions, not shape {weight.shape}")
    kernel = math.prod(weight.shape[2:])
    return max(weight.shape[1] * kernel, 1), max(weight.shape[0] * kernel, 1)


def _updated(weight: TrainableWeight, values: Array) -> TrainableWeight:
    weight.update(values.astype(weight.dtype))
    return weight
