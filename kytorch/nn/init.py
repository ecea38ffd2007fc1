"""Ways to draw a weight's first values, named as in torch.nn.init: each updates the weight and returns it.

`fan_in` and `fan_out` are counted for a weight of shape (out, in, ...), the sizes after the second being a kernel's.
"""

from __future__ import annotations

import math
from typing import Literal, get_args

import numpy as np
import numpy.typing as npt

from kytorch.kernels.blas import one_thread
from kytorch.nn.checks import weight_dtype
from kytorch.tensor.core import Tensor, TrainableWeight
from kytorch.tensor.holder import ArrayHolder
from kytorch.tensor.random import generator_or_default
from kytorch.tensor.values import Array, Shape

_Linear = Literal["linear", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d"]
Nonlinearity = Literal[_Linear, "sigmoid", "tanh", "relu", "leaky_relu", "selu"]


def calculate_gain(nonlinearity: Nonlinearity, param: float | None = None) -> float:
    """The factor that keeps the variance through `nonlinearity`; `param` is a leaky ReLU's slope, 0.01 if None."""
    if param is not None and (isinstance(param, bool) or not isinstance(param, (int, float, np.number))):
        raise TypeError(f"calculate_gain: param is to be a number, not {param!r}")
    slope = 0.01 if param is None else float(param)
    gains = dict.fromkeys(get_args(_Linear), 1.0) | {
        "sigmoid": 1.0,
        "tanh": 5 / 3,
        "relu": math.sqrt(2),
        "leaky_relu": math.sqrt(2 / (1 + slope**2)),
        "selu": 3 / 4,
    }
    if nonlinearity not in gains:
        raise ValueError(f"calculate_gain: {nonlinearity!r} is none of {', '.join(gains)}")
    return gains[nonlinearity]


def constant_(tensor: TrainableWeight, val: float) -> TrainableWeight:
    """`val` everywhere."""
    _check("constant_", tensor)
    return _updated(tensor, np.full(tensor.shape, val))


def zeros_(tensor: TrainableWeight) -> TrainableWeight:
    """Zeros."""
    return constant_(tensor, 0)


def ones_(tensor: TrainableWeight) -> TrainableWeight:
    """Ones."""
    return constant_(tensor, 1)


def eye_(tensor: TrainableWeight) -> TrainableWeight:
    """The identity matrix. Raises ValueError for a weight that is no matrix."""
    _check("eye_", tensor)
    if tensor.ndim != 2:
        raise ValueError(f"eye_: the weight is to have two dimensions, not shape {tensor.shape}")
    return _updated(tensor, np.eye(tensor.shape[0], tensor.shape[1]))


def dirac_(tensor: TrainableWeight, groups: int = 1) -> TrainableWeight:
    """A convolution's weight that passes on each group's first channels as they are.

    Raises ValueError unless it has three to five dimensions, and `groups` divides its first size.
    """
    _check("dirac_", tensor)
    if not 3 <= tensor.ndim <= 5:
        raise ValueError(f"dirac_: the weight is to have three to five dimensions, not shape {tensor.shape}")
    if groups < 1 or tensor.shape[0] % groups:
        raise ValueError(f"dirac_: {groups} groups do not divide the {tensor.shape[0]} outputs of shape {tensor.shape}")
    each = tensor.shape[0] // groups
    values = np.zeros(tensor.shape)
    if values.size:
        centre: Array = values
        for n in tensor.shape[2:]:
            centre = centre[:, :, n // 2]
        passed = np.arange(min(each, tensor.shape[1]))
        for first in range(0, tensor.shape[0], each):
            centre[first + passed, passed] = 1
    return _updated(tensor, values)


def uniform_(
    tensor: TrainableWeight, a: float = 0.0, b: float = 1.0, generator: np.random.Generator | None = None
) -> TrainableWeight:
    """U(a, b)."""
    _check("uniform_", tensor)
    return _updated(tensor, generator_or_default(generator).uniform(a, b, tensor.shape))


def uniform_weight(
    shape: Shape,
    bound: float,
    dtype: npt.DTypeLike,
    generator: np.random.Generator | None = None,
    order: Literal["C", "F"] = "C",
) -> TrainableWeight:
    """A new weight of U(-bound, bound), laid out in memory by rows, or with "F" by columns."""
    empty = np.empty(shape, weight_dtype("a layer's weight", dtype), order)
    return uniform_(TrainableWeight(empty), -bound, bound, generator)


def normal_(
    tensor: TrainableWeight, mean: float = 0.0, std: float = 1.0, generator: np.random.Generator | None = None
) -> TrainableWeight:
    """N(mean, std^2)."""
    _check("normal_", tensor)
    return _updated(tensor, generator_or_default(generator).normal(mean, std, tensor.shape))


def trunc_normal_(
    tensor: TrainableWeight,
    mean: float = 0.0,
    std: float = 1.0,
    a: float = -2.0,
    b: float = 2.0,
    generator: np.random.Generator | None = None,
) -> TrainableWeight:
    """N(mean, std^2), drawn again where it falls outside [a, b]. Raises ValueError where that would take for ever."""
    _check("trunc_normal_", tensor)
    if not (a < b and a <= mean + 4 * std and b >= mean - 4 * std):
        raise ValueError(f"trunc_normal_: [{a}, {b}] is empty, or 4 std from the mean {mean}")
    draw = generator_or_default(generator)
    values = draw.normal(mean, std, tensor.shape)
    while (outside := (values < a) | (values > b)).any():
        values[outside] = draw.normal(mean, std, np.count_nonzero(outside))
    return _updated(tensor, values)


def xavier_uniform_(
    tensor: TrainableWeight, gain: float = 1.0, generator: np.random.Generator | None = None
) -> TrainableWeight:
    """U(-a, a) with a = gain sqrt(6 / (fan_in + fan_out)) (Glorot and Bengio 2010, eq. 16)."""
    bound = gain * math.sqrt(6 / sum(_fans("xavier_uniform_", tensor)))
    return uniform_(tensor, -bound, bound, generator)


def xavier_normal_(
    tensor: TrainableWeight, gain: float = 1.0, generator: np.random.Generator | None = None
) -> TrainableWeight:
    """N(0, s^2) with s = gain sqrt(2 / (fan_in + fan_out)) (Glorot and Bengio 2010, eq. 12)."""
    return normal_(tensor, 0.0, gain * math.sqrt(2 / sum(_fans("xavier_normal_", tensor))), generator)


def kaiming_uniform_(
    tensor: TrainableWeight,
    a: float = 0.0,
    mode: Literal["fan_in", "fan_out"] = "fan_in",
    nonlinearity: Nonlinearity = "leaky_relu",
    generator: np.random.Generator | None = None,
) -> TrainableWeight:
    """U(-b, b) with b = gain sqrt(3 / fan) (He et al. 2015, eq. 10); `a` is a leaky ReLU's negative slope."""
    bound = math.sqrt(3) * _kaiming_std("kaiming_uniform_", tensor, a, mode, nonlinearity)
    return uniform_(tensor, -bound, bound, generator)


def kaiming_normal_(
    tensor: TrainableWeight,
    a: float = 0.0,
    mode: Literal["fan_in", "fan_out"] = "fan_in",
    nonlinearity: Nonlinearity = "leaky_relu",
    generator: np.random.Generator | None = None,
) -> TrainableWeight:
    """N(0, s^2) with s = gain / sqrt(fan) (He et al. 2015, eq. 10); `a` is a leaky ReLU's negative slope."""
    return normal_(tensor, 0.0, _kaiming_std("kaiming_normal_", tensor, a, mode, nonlinearity), generator)


def orthogonal_(
    tensor: TrainableWeight, gain: float = 1.0, generator: np.random.Generator | None = None
) -> TrainableWeight:
    """A random orthogonal matrix times `gain`, of shape (out, the rest) (Saxe et al. 2014).

    Its rows are orthonormal, or its columns where there are more rows. Raises ValueError below two dimensions.
    """
    _check("orthogonal_", tensor)
    if tensor.ndim < 2:
        raise ValueError(f"orthogonal_: the weight is to have at least two dimensions, not shape {tensor.shape}")
    if not tensor.size:
        return tensor
    rows = tensor.shape[0]
    columns = tensor.size // rows
    normal = generator_or_default(generator).standard_normal((max(rows, columns), min(rows, columns)))
    with one_thread():
        q, r = np.linalg.qr(normal)
    q *= np.sign(np.diagonal(r))  # so that all orthogonal matrices are equally likely
    return _updated(tensor, gain * (q if rows >= columns else q.T).reshape(tensor.shape))


def sparse_(
    tensor: TrainableWeight, sparsity: float, std: float = 0.01, generator: np.random.Generator | None = None
) -> TrainableWeight:
    """N(0, std^2), and in each column ceil(sparsity rows) zeros, at random (Martens 2010).

    Raises ValueError for a weight that is no matrix, and a sparsity outside [0, 1].
    """
    _check("sparse_", tensor)
    if tensor.ndim != 2:
        raise ValueError(f"sparse_: the weight is to have two dimensions, not shape {tensor.shape}")
    if not 0 <= sparsity <= 1:
        raise ValueError(f"sparse_: the sparsity is to be in [0, 1], not {sparsity}")
    draw = generator_or_default(generator)
    values = draw.normal(0.0, std, tensor.shape)
    ranks = draw.random(tensor.shape).argsort(0)
    values[ranks < math.ceil(sparsity * tensor.shape[0])] = 0
    return _updated(tensor, values)


def _kaiming_std(name: str, tensor: TrainableWeight, a: float, mode: str, nonlinearity: Nonlinearity) -> float:
    if mode not in ("fan_in", "fan_out"):
        raise ValueError(f"{name}: mode {mode!r} is neither 'fan_in' nor 'fan_out'")
    return calculate_gain(nonlinearity, a) / math.sqrt(_fans(name, tensor)[mode == "fan_out"])


def _fans(name: str, tensor: TrainableWeight) -> tuple[int, int]:
    """The number of inputs of an output, and of outputs of an input."""
    _check(name, tensor)
    if tensor.ndim < 2:
        raise ValueError(f"{name}: the weight is to have at least two dimensions, not shape {tensor.shape}")
    kernel = math.prod(tensor.shape[2:])
    return max(tensor.shape[1] * kernel, 1), max(tensor.shape[0] * kernel, 1)


def _calculate_fan_in_and_fan_out(tensor: TrainableWeight) -> tuple[int, int]:
    """The fans, by the name under which models written for PyTorch ask for them."""
    return _fans("fan_in", tensor)


def _check(name: str, tensor: TrainableWeight) -> None:
    if isinstance(tensor, Tensor) or not isinstance(tensor, ArrayHolder):
        raise TypeError(f"{name}: expected a TrainableWeight, not {type(tensor).__name__}; a layer's is layer.weight")


def _updated(tensor: TrainableWeight, values: Array) -> TrainableWeight:
    tensor.update(values.astype(tensor.dtype))
    return tensor
