"""Shapes, joining, indices."""

import math

import numpy as np

from benchmarks.operations.cases import Call, case, matrix, normal, positive, rows, unit, whole
from benchmarks.prepared import Array


def _places(n: int) -> Array:
    """As many places in n elements, some of them twice."""
    return np.random.default_rng(6).integers(0, n, n)


def _row_places(n: int) -> Array:
    return np.random.default_rng(7).integers(0, len(matrix(n)), len(matrix(n)))


def _table_of_places(n: int) -> Array:
    return rows(np.random.default_rng(8).integers(0, matrix(n).shape[1], n))


def _mask(n: int) -> Array:
    return positive(n) > 1


def _short(n: int) -> Array:
    """As many numbers as a square of n elements has rows."""
    return normal(math.isqrt(n) + 1)


def _columns(n: int) -> Array:
    """For each element of the matrix its column's place in another order, so that no place is named twice in a row."""
    width = matrix(n).shape[1]
    places: Array = np.broadcast_to(np.random.default_rng(9).permutation(width), matrix(n).shape).copy()
    return places


def _rows_once(n: int) -> Array:
    """The rows of the matrix in another order."""
    return np.random.default_rng(10).permutation(len(matrix(n)))


case("reshape", lambda x: x.reshape(-1), matrix, call=lambda lib, x: lib.reshape(x, (-1,)))
case("flatten", np.ravel, matrix)
case("unflatten", None, call=lambda lib, x: lib.unflatten(x, 0, (1, -1)))
case("squeeze", np.squeeze)
case("unsqueeze", lambda x: np.expand_dims(x, 0), call=lambda lib, x: lib.unsqueeze(x, 0))
case("transpose", lambda x: np.swapaxes(x, 0, 1), matrix, call=lambda lib, x: lib.transpose(x, 0, 1))
case("swapaxes", lambda x: np.swapaxes(x, 0, 1), matrix, call=lambda lib, x: lib.swapaxes(x, 0, 1))
case("moveaxis", lambda x: np.moveaxis(x, 0, 1), matrix, call=lambda lib, x: lib.moveaxis(x, 0, 1))
case("permute", lambda x: np.transpose(x, (1, 0)), matrix, call=lambda lib, x: lib.permute(x, (1, 0)))
case("expand", lambda x: np.broadcast_to(x, (2, x.size)), call=lambda lib, x: x.expand(2, x.shape[0]))
case("broadcast_to", lambda x: np.broadcast_to(x, (2, x.size)),
     call=lambda lib, x: lib.broadcast_to(x, (2, x.shape[0])))  # fmt: skip
case("repeat", lambda x: np.tile(x, 2), call=lambda lib, x: x.repeat(2))
case("tile", lambda x: np.tile(x, 2), call=lambda lib, x: lib.tile(x, (2,)))
case("repeat_interleave", lambda x: np.repeat(x, 2), call=lambda lib, x: lib.repeat_interleave(x, 2))
case("flip", lambda x: np.flip(x, 0), call=lambda lib, x: lib.flip(x, (0,)))
case("roll", lambda x: np.roll(x, 1), call=lambda lib, x: lib.roll(x, 1))
case("rot90", np.rot90, matrix)
for mode, numpy in [("constant", "constant"), ("replicate", "edge"), ("circular", "wrap")]:
    case(f"pad {mode}", lambda x, mode=numpy: np.pad(x, ((0, 0), (1, 1)), mode), matrix,
         call=lambda lib, x, mode=mode: lib.nn.functional.pad(x, (1, 1), mode))  # fmt: skip
case("cat", lambda a, b: np.concatenate([a, b]), normal, positive, call=lambda lib, a, b: lib.cat([a, b]))
case("stack", lambda a, b: np.stack([a, b]), normal, positive, call=lambda lib, a, b: lib.stack([a, b]))
case("hstack", lambda a, b: np.hstack([a, b]), normal, positive, call=lambda lib, a, b: lib.hstack([a, b]))
case("vstack", lambda a, b: np.vstack([a, b]), normal, positive, call=lambda lib, a, b: lib.vstack([a, b]))
case("split", None, call=lambda lib, x: lib.split(x, 2)[0])
case("chunk", None, call=lambda lib, x: lib.chunk(x, 3)[0])
case("unbind", None, matrix, call=lambda lib, x: lib.unbind(x)[0])
case("diagonal", np.diagonal, matrix)
case("diag", np.diag, matrix)
case("tril", np.tril, matrix)
case("triu", np.triu, matrix)
case("x[1:]", lambda x: x[1:], call=lambda lib, x: x[1:])
case("x[0]", lambda x: x[0], matrix, call=lambda lib, x: x[0])
case("x[places]", lambda x, i: x[i], normal, _places, call=lambda lib, x, i: x[i])
case("x[rows]", lambda x, i: x[i], matrix, _row_places, call=lambda lib, x, i: x[i])
case("x[mask]", lambda x, mask: x[mask], normal, _mask, call=lambda lib, x, mask: x[mask])
case("gather", lambda x, i: np.take_along_axis(x, i, 1), matrix, _table_of_places,
     call=lambda lib, x, i: lib.gather(x, 1, i))  # fmt: skip
case("scatter_add", None, matrix, _table_of_places, call=lambda lib, x, i: lib.scatter_add(x, 1, i, x))
case("index_select", lambda x, i: x[i], matrix, _row_places, call=lambda lib, x, i: lib.index_select(x, 0, i))
case("index_add", None, matrix, _row_places, call=lambda lib, x, i: lib.index_add(x, 0, i, x))
case("take_along_dim", lambda x, i: np.take_along_axis(x, i, 1), matrix, _table_of_places,
     call=lambda lib, x, i: lib.take_along_dim(x, i, 1))  # fmt: skip
case("masked_fill", None, normal, _mask, call=lambda lib, x, mask: x.masked_fill(mask, 2.0))
case("masked_select", lambda x, mask: x[mask], normal, _mask)
case("nonzero", np.argwhere, differentiable=False)
case("at set", None, call=lambda lib, x: x.at[1:].set(2.0),
     torch=lambda torch, x: x.slice_scatter(torch.full_like(x[1:], 2.0), 0, 1))  # fmt: skip
case("view", lambda x: x.reshape(-1), matrix, call=lambda lib, x: x.view(-1))
case("ravel", np.ravel, matrix)
case("t", np.transpose, matrix)
case("movedim", lambda x: np.moveaxis(x, 0, 1), matrix, call=lambda lib, x: lib.movedim(x, 0, 1))
case("broadcast_tensors", lambda a, b: np.broadcast_arrays(a[:, None], b)[0], _short, _short,
     call=lambda lib, a, b: lib.broadcast_tensors(a.unsqueeze(1), b)[0] + 0 * b)  # fmt: skip
case("meshgrid", lambda a, b: np.meshgrid(a, b, indexing="ij")[0], _short, _short,
     call=lambda lib, a, b: lib.meshgrid(a, b, indexing="ij")[0] + 0 * b)  # fmt: skip
case("narrow", lambda x: x[1:3], call=lambda lib, x: lib.narrow(x, 0, 1, 2))
case("select", lambda x: x[:, 1], matrix, call=lambda lib, x: lib.select(x, 1, 1))
case("unfold", lambda x: np.lib.stride_tricks.sliding_window_view(x, 3), call=lambda lib, x: x.unfold(0, 3, 1))
case("tensor_split", lambda x: np.array_split(x, 2)[0], call=lambda lib, x: lib.tensor_split(x, 2)[0])
case("dstack", lambda a, b: np.dstack([a, b]), normal, positive, call=lambda lib, a, b: lib.dstack([a, b]))
case("fliplr", np.fliplr, matrix)
case("flipud", np.flipud, matrix)
case("diag_embed", None, _short)
case("take", np.take, normal, _places)
case("scatter", None, matrix, _columns, call=lambda lib, x, i: lib.scatter(x, 1, i, x))
case("scatter_reduce", None, matrix, _table_of_places,
     call=lambda lib, x, i: lib.scatter_reduce(x, 1, i, x, "amax"))  # fmt: skip
case("index_copy", None, matrix, _rows_once, call=lambda lib, x, i: lib.index_copy(x, 0, i, x))
case("index_fill", None, matrix, _rows_once, call=lambda lib, x, i: lib.index_fill(x, 0, i, 2.0))
case("one_hot", None, whole, call=lambda lib, x: lib.nn.functional.one_hot(x[:10_000], 100), differentiable=False)
_MADE: list[tuple[str, Call, Call]] = [
    ("zeros", lambda x: np.zeros(x.size, np.float32), lambda lib, x: lib.zeros(x.shape[0])),
    ("ones", lambda x: np.ones(x.size, np.float32), lambda lib, x: lib.ones(x.shape[0])),
    ("full", lambda x: np.full(x.size, 2.0, np.float32), lambda lib, x: lib.full((x.shape[0],), 2.0)),
    ("arange", lambda x: np.arange(x.size), lambda lib, x: lib.arange(x.shape[0])),
    ("linspace", lambda x: np.linspace(0, 1, x.size, dtype=np.float32), lambda lib, x: lib.linspace(0, 1, x.shape[0])),
    ("eye", lambda x: np.eye(min(x.size, 1000), dtype=np.float32), lambda lib, x: lib.eye(min(x.shape[0], 1000))),
    ("zeros_like", np.zeros_like, lambda lib, x: lib.zeros_like(x)),
    ("ones_like", np.ones_like, lambda lib, x: lib.ones_like(x)),
    ("full_like", lambda x: np.full_like(x, 2.0), lambda lib, x: lib.full_like(x, 2.0)),
]  # fmt: skip
for name, by_numpy, made in _MADE:
    case(name, by_numpy, call=made, differentiable=False)
_GENERATOR = np.random.default_rng(0)
_DRAWN: list[tuple[str, Call, Call]] = [
    ("rand", lambda x: _GENERATOR.random(x.size, np.float32), lambda lib, x: lib.rand(x.shape[0])),
    ("randn", lambda x: _GENERATOR.standard_normal(x.size, np.float32), lambda lib, x: lib.randn(x.shape[0])),
    ("randint", lambda x: _GENERATOR.integers(0, 9, x.size), lambda lib, x: lib.randint(0, 9, (x.shape[0],))),
    ("randperm", lambda x: _GENERATOR.permutation(x.size), lambda lib, x: lib.randperm(x.shape[0])),
    ("normal", lambda x: _GENERATOR.normal(0.0, 1.0, x.size), lambda lib, x: lib.normal(0.0, 1.0, (x.shape[0],))),
    ("bernoulli", lambda x: _GENERATOR.random(x.size, np.float32) < x, lambda lib, x: lib.bernoulli(x)),
    ("poisson", _GENERATOR.poisson, lambda lib, x: lib.poisson(x)),
    ("multinomial", lambda x: _GENERATOR.choice(x.size, 2, p=x / x.sum()),
     lambda lib, x: lib.multinomial(x, 2, replacement=True)),
]  # fmt: skip
for name, by_numpy, made in _DRAWN:
    case(name, by_numpy, unit, call=made, differentiable=False, random=True)
