"""Reductions, cumulative operations and order."""

import numpy as np

from benchmarks.operations.cases import (
    Call,
    case,
    distinct,
    matrix,
    near_one,
    normal,
    positive,
    positive_matrix,
    rows,
    whole,
)
from benchmarks.prepared import Array


def _near_one_matrix(n: int) -> Array:
    return rows(near_one(n))


_BOTH_WAYS: list[tuple[str, Call]] = [("sum", np.sum), ("mean", np.mean), ("amax", np.max), ("amin", np.min)]
for name, numpy in _BOTH_WAYS:
    case(name, numpy)
    case(f"{name} dim 0", lambda x, f=numpy: f(x, 0), matrix, call=lambda lib, x, f=name: getattr(lib, f)(x, 0))
    case(f"{name} dim 1", lambda x, f=numpy: f(x, 1), matrix, call=lambda lib, x, f=name: getattr(lib, f)(x, 1))
case("var", lambda x: np.var(x, ddof=1))
case("std", lambda x: np.std(x, ddof=1))
case("std dim 1", lambda x: np.std(x, 1), positive_matrix, call=lambda lib, x: lib.std(x, 1, correction=0))
case("var_mean", None, call=lambda lib, x: lib.var_mean(x)[0])
case("prod", np.prod, near_one, tolerance=5e-4)  # a million roundings
case("prod dim 1", lambda x: np.prod(x, 1), _near_one_matrix, call=lambda lib, x: lib.prod(x, 1))
case("max", np.max)
case("min", np.min)
case("max dim 1", lambda x: np.max(x, 1), matrix, call=lambda lib, x: lib.max(x, 1).values)
case("argmax", np.argmax, differentiable=False)
case("argmin dim 1", lambda x: np.argmin(x, 1), matrix, call=lambda lib, x: lib.argmin(x, 1), differentiable=False)
case("any", lambda x: np.any(x > 5), call=lambda lib, x: lib.any(x > 5), differentiable=False)
case("all", lambda x: np.all(x < 9), call=lambda lib, x: lib.all(x < 9), differentiable=False)
case("count_nonzero", np.count_nonzero, differentiable=False)
case("logsumexp", None, matrix, call=lambda lib, x: lib.logsumexp(x, 1))
case("softmax", None, matrix, call=lambda lib, x: lib.softmax(x, 1))
case("log_softmax", None, matrix, call=lambda lib, x: lib.log_softmax(x, 1))
case("norm", np.linalg.norm)
case("cumsum", lambda x: np.cumsum(x, 0), call=lambda lib, x: lib.cumsum(x, 0))
case("cumsum dim 1", lambda x: np.cumsum(x, 1), matrix, call=lambda lib, x: lib.cumsum(x, 1))
case("cumprod dim 1", lambda x: np.cumprod(x, 1), _near_one_matrix, call=lambda lib, x: lib.cumprod(x, 1))
case("cummax", np.maximum.accumulate, call=lambda lib, x: lib.cummax(x, 0).values)
case("diff", np.diff)
case("sort", np.sort, call=lambda lib, x: lib.sort(x).values)
case("sort dim 1", lambda x: np.sort(x, 1), matrix, call=lambda lib, x: lib.sort(x, 1).values)
case("argsort", np.argsort, distinct, differentiable=False)
case("topk", None, call=lambda lib, x: lib.topk(x, 2).values)
case("median", None)
case("quantile", lambda x: np.quantile(x, 0.25), call=lambda lib, x: lib.quantile(x, 0.25))
case("unique", np.unique, whole, differentiable=False)
case("bincount", np.bincount, whole, differentiable=False)


def _sorted(n: int) -> Array:
    return np.sort(normal(n))


case("searchsorted", np.searchsorted, _sorted, positive, differentiable=False)
case("bucketize", lambda x, edges: np.searchsorted(edges, x), normal, _sorted, differentiable=False)
case("std_mean", None, call=lambda lib, x: lib.std_mean(x)[0])
case("nansum", np.nansum)
case("nanmean", np.nanmean)
case("nanmedian", np.nanmedian)
case("nanquantile", lambda x: np.nanquantile(x, 0.25), call=lambda lib, x: lib.nanquantile(x, 0.25))
case("kthvalue", lambda x: np.partition(x, 1)[1], call=lambda lib, x: lib.kthvalue(x, 2).values)
case("cummin", np.minimum.accumulate, call=lambda lib, x: lib.cummin(x, 0).values)
case("logcumsumexp", np.logaddexp.accumulate, call=lambda lib, x: lib.logcumsumexp(x, 0))
case("histc", None, differentiable=False)
case("isin", lambda x: np.isin(x, x[:2]), whole, call=lambda lib, x: lib.isin(x, x[:2]), differentiable=False)
case("sum_to_size", lambda x: x.sum(0), matrix, call=lambda lib, x: x.sum_to_size(x.shape[1]))
