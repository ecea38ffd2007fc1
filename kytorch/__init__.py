"""Deep learning in typed Python on NumPy: immutable Tensors, pure gradients, stateless optimizers."""

from importlib import import_module
from typing import TYPE_CHECKING

from numpy import bool_, float16, float32, float64, int8, int16, int32, int64, uint8

import kytorch.autodiff  # gives Tensors their backward()
import kytorch.numpy_functions  # noqa: F401  # answers where NumPy's functions meet Tensors
from kytorch import linalg
from kytorch.kernels import memory
from kytorch.kernels.memory import release_memory
from kytorch.ops.activation import relu, sigmoid, softplus
from kytorch.ops.arithmetic import add, mul, neg, sub
from kytorch.ops.broadcast import broadcast_tensors, broadcast_to, expand, meshgrid, sum_to_size
from kytorch.ops.clamp import clamp, clip, nan_to_num
from kytorch.ops.comparison import eq, ge, gt, le, lt, ne
from kytorch.ops.create import (
    arange,
    empty,
    empty_like,
    eye,
    from_dlpack,
    from_numpy,
    full,
    full_like,
    linspace,
    logspace,
    ones,
    ones_like,
    tensor,
    tril_indices,
    triu_indices,
    zeros,
    zeros_like,
)
from kytorch.ops.cumulative import cummax, cummin, cumprod, cumsum, diff, logcumsumexp
from kytorch.ops.diagonal import diag, diag_embed, diagonal, trace, tril, triu
from kytorch.ops.dtype import to
from kytorch.ops.einsum import einsum, inner, kron, tensordot
from kytorch.ops.exponential import exp, exp2, expm1, log, log1p, log2, log10
from kytorch.ops.extremum import amax, amin, argmax, argmin, max, min
from kytorch.ops.gather import gather, index_select, take, take_along_dim
from kytorch.ops.histogram import bincount, histc
from kytorch.ops.hyperbolic import acosh, asinh, atanh, cosh, sinh, tanh
from kytorch.ops.join import (
    cat,
    chunk,
    concat,
    concatenate,
    dstack,
    hstack,
    narrow,
    select,
    split,
    stack,
    tensor_split,
    unbind,
    vstack,
)
from kytorch.ops.lerp import lerp
from kytorch.ops.logic import (
    allclose,
    bitwise_and,
    bitwise_left_shift,
    bitwise_not,
    bitwise_or,
    bitwise_right_shift,
    bitwise_xor,
    equal,
    isclose,
    isfinite,
    isinf,
    isnan,
    isneginf,
    isposinf,
    logical_and,
    logical_not,
    logical_or,
    logical_xor,
)
from kytorch.ops.mask import masked_fill, masked_select
from kytorch.ops.maximum import fmax, fmin, maximum, minimum
from kytorch.ops.move import flip, fliplr, flipud, roll, rot90
from kytorch.ops.nonzero import argwhere, nonzero
from kytorch.ops.norm import norm
from kytorch.ops.one_hot import one_hot
from kytorch.ops.pad import pad
from kytorch.ops.permute import moveaxis, movedim, permute, swapaxes, t, transpose
from kytorch.ops.power import hypot, pow, reciprocal, rsqrt, sqrt, square
from kytorch.ops.prod import prod
from kytorch.ops.products import addmm, addmv, baddbmm, bmm, dot, matmul, mm, mv, outer, vdot
from kytorch.ops.quantile import nanquantile, quantile
from kytorch.ops.random import (
    bernoulli,
    multinomial,
    normal,
    poisson,
    rand,
    rand_like,
    randint,
    randn,
    randn_like,
    randperm,
    uniform,
)
from kytorch.ops.reduce import mean, nanmean, nansum, sum
from kytorch.ops.remainder import div, floor_divide, fmod, remainder
from kytorch.ops.repeat import repeat_interleave, tile
from kytorch.ops.rounding import ceil, floor, frac, round, trunc
from kytorch.ops.scatter import index_add, index_copy, index_fill, scatter, scatter_add, scatter_reduce
from kytorch.ops.search import bucketize, searchsorted
from kytorch.ops.shape import flatten, ravel, reshape, squeeze, unflatten, unsqueeze
from kytorch.ops.sign import abs, sign
from kytorch.ops.softmax import log_softmax, logsumexp, softmax
from kytorch.ops.sorting import argsort, kthvalue, median, nanmedian, sort, topk
from kytorch.ops.special import erf, erfc, logit, sinc, xlogy
from kytorch.ops.trigonometry import acos, asin, atan, atan2, cos, sin, tan
from kytorch.ops.truth import all, any, count_nonzero
from kytorch.ops.unique import isin, unique
from kytorch.ops.variance import std, std_mean, var, var_mean
from kytorch.ops.where import where
from kytorch.tensor.core import (
    A,
    BilinearGradFn,
    GradFn,
    Gradient,
    Gradients,
    LeafGradFn,
    Tensor,
    TrainableWeight,
    UnaryGradFn,
    View,
)
from kytorch.tensor.random import manual_seed
from kytorch.tensor.reading import no_grad
from kytorch.tensor.rules import BinaryGradFn, InputGradFn, InputOutputGradFn, NaryGradFn, OutputGradFn
from kytorch.tensor.values import Array

if TYPE_CHECKING:
    from kytorch import data, func, nn, optim, testing
    from kytorch.anomaly import detect_anomaly
    from kytorch.checkpoint import Checkpoint, CheckpointError, load, read_metadata, read_state_dict, save
    from kytorch.func.recorded import grad
    from kytorch.profiling.profile import profile
else:
    # Imported when first asked for, so that `import kytorch` costs no more than Tensors and their operations.
    _PARTS = {"data", "func", "nn", "optim", "testing"}
    _HOMES = {
        "Checkpoint": "checkpoint",
        "CheckpointError": "checkpoint",
        "detect_anomaly": "anomaly",
        "grad": "func.recorded",
        "load": "checkpoint",
        "profile": "profiling.profile",
        "read_metadata": "checkpoint",
        "read_state_dict": "checkpoint",
        "save": "checkpoint",
    }

    def __getattr__(name):
        if name in _PARTS:
            return import_module(f"kytorch.{name}")
        if name in _HOMES:
            return getattr(import_module(f"kytorch.{_HOMES[name]}"), name)
        raise AttributeError(f"module 'kytorch' has no attribute {name!r}")

    def __dir__():
        return __all__


memory.keep()  # for the whole process, as the README says

__version__ = "0.1.0"

# fmt: off
__all__ = [
    "A", "Array", "BilinearGradFn", "BinaryGradFn", "Checkpoint", "CheckpointError", "GradFn", "Gradient",
    "Gradients", "InputGradFn", "InputOutputGradFn", "LeafGradFn", "NaryGradFn", "OutputGradFn", "Tensor",
    "TrainableWeight", "UnaryGradFn", "View", "abs", "acos", "acosh", "add", "addmm", "addmv", "all", "allclose",
    "amax", "amin", "any", "arange", "argmax", "argmin", "argsort", "argwhere", "asin", "asinh", "atan", "atan2",
    "atanh", "baddbmm", "bernoulli", "bincount", "bitwise_and", "bitwise_left_shift", "bitwise_not", "bitwise_or",
    "bitwise_right_shift", "bitwise_xor", "bmm", "bool_", "broadcast_tensors", "broadcast_to", "bucketize", "cat",
    "ceil", "chunk", "clamp", "clip", "concat", "concatenate", "cos", "cosh", "count_nonzero", "cummax", "cummin",
    "cumprod", "cumsum", "data", "detect_anomaly", "diag", "diag_embed", "diagonal", "diff", "div", "dot", "dstack",
    "einsum", "empty", "empty_like", "eq", "equal", "erf", "erfc", "exp", "exp2", "expand", "expm1", "eye", "flatten",
    "flip", "fliplr", "flipud", "float16", "float32", "float64", "floor", "floor_divide", "fmax", "fmin", "fmod",
    "frac", "from_dlpack", "from_numpy", "full", "full_like", "func", "gather", "ge", "grad", "gt", "histc", "hstack",
    "hypot", "index_add", "index_copy", "index_fill", "index_select", "inner", "int8", "int16", "int32", "int64",
    "isclose", "isfinite", "isin", "isinf", "isnan", "isneginf", "isposinf", "kron", "kthvalue", "le", "lerp",
    "linalg", "linspace", "load", "log", "log1p", "log2", "log10", "log_softmax", "logcumsumexp", "logical_and",
    "logical_not", "logical_or", "logical_xor", "logit", "logspace", "logsumexp", "lt", "manual_seed", "masked_fill",
    "masked_select", "matmul", "max", "maximum", "mean", "median", "meshgrid", "min", "minimum", "mm", "moveaxis",
    "movedim", "mul", "multinomial", "mv", "nan_to_num", "nanmean", "nanmedian", "nanquantile", "nansum", "narrow",
    "ne", "neg", "nn", "no_grad", "nonzero", "norm", "normal", "one_hot", "ones", "ones_like", "optim", "outer",
    "pad", "permute", "poisson", "pow", "prod", "profile", "quantile", "rand", "rand_like", "randint", "randn",
    "randn_like", "randperm", "ravel", "read_metadata", "read_state_dict", "reciprocal", "release_memory", "relu",
    "remainder", "repeat_interleave", "reshape", "roll", "rot90", "round", "rsqrt", "save", "scatter", "scatter_add",
    "scatter_reduce", "searchsorted", "select", "sigmoid", "sign", "sin", "sinc", "sinh", "softmax", "softplus",
    "sort", "split", "sqrt", "square", "squeeze", "stack", "std", "std_mean", "sub", "sum", "sum_to_size", "swapaxes",
    "t", "take", "take_along_dim", "tan", "tanh", "tensor", "tensor_split", "tensordot", "testing", "tile", "to",
    "topk", "trace", "transpose", "tril", "tril_indices", "triu", "triu_indices", "trunc", "uint8", "unbind",
    "unflatten", "uniform", "unique", "unsqueeze", "var", "var_mean", "vdot", "vstack", "where", "xlogy", "zeros",
    "zeros_like",
]
# fmt: on
