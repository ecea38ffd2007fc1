"""Shapes, joining, indices."""

import numpy as np

from benchmarks.operations.cases import case, matrix, normal, positive, rows
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
