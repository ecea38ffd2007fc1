"""Choosing by a mask, and where elements are."""

from __future__ import annotations

from typing import Any

import numpy as np

import kytorch
from kytorch.tensor.methods.registry import METHODS
from operations.table import Array, Shape, row, torch

MASK = np.array([[True, False, True, False], [False] * 4, [True, True, False, True]])
MASKS: dict[str, tuple[Array, tuple[Shape, ...]]] = {
    "of its shape": (MASK, ((3, 4),)),
    "of rows": (MASK[:, :1], ((3, 4),)),
    "of the last dim": (MASK[0], ((3, 4), (2, 1, 4), (4,))),
    "larger": (MASK, ((4,), (3, 1), ())),
    "a scalar": (np.array(True), ((3,), (), (0, 2))),
    "of nothing": (MASK[1], ((3, 4),)),
}


def _torch(name: str) -> Any:
    def function(x: Any, *rest: Any) -> Any:
        *values, mask = rest
        return getattr(x, name)(torch.from_numpy(np.array(mask)), *values)

    return function


for label, (mask, shapes) in MASKS.items():
    row("masked_select", lambda x, m=mask: np.broadcast_to(x, np.broadcast_shapes(x.shape, m.shape))[
        np.broadcast_to(m, np.broadcast_shapes(x.shape, m.shape))], [(shape,) for shape in shapes], mask, option=label,
        torch=_torch("masked_select"))  # fmt: skip
    row("masked_fill", lambda x, v, m=mask: np.where(m, v, x), [(shape, ()) for shape in shapes], mask, option=label,
        call=lambda x, v, m: METHODS["masked_fill"](x, m, v), torch=_torch("masked_fill"))  # fmt: skip
row("masked_fill", lambda x: np.where(MASK, 2.5, x), [((3, 4),), ((4,),)], MASK, 2.5, option="a number",
    torch=lambda x, mask, value: x.masked_fill(torch.from_numpy(mask), value))  # fmt: skip
row("masked_fill", lambda x: np.tanh(np.where(MASK, -np.inf, x)), [((3, 4),)], MASK, -np.inf, option="minus infinity",
    call=lambda x, m, v: kytorch.tanh(METHODS["masked_fill"](x, m, v)),
    torch=lambda x, mask, value: x.masked_fill(torch.from_numpy(mask), value).tanh())  # fmt: skip


def some_zeros(generator: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(generator.integers(-1, 2, shape))


def classes(generator: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(generator.integers(0, 4, shape))


def whole(x: Any) -> Any:
    return kytorch.to(x, np.int64)


SHAPES = [((3, 4),), ((5,),), ((2, 3, 2),), ((0, 2),), ((),)]
constants: dict[str, Any] = {"draw": some_zeros, "kind": np.int64, "differentiable": False}
row("nonzero", np.argwhere, SHAPES, **constants)
row("nonzero", lambda x: np.atleast_1d(x).nonzero()[0], SHAPES, option="as_tuple",
    call=lambda x: METHODS["nonzero"](x, as_tuple=True)[0], **constants)  # fmt: skip
row("argwhere", np.argwhere, SHAPES, **constants)
one_hot: dict[str, Any] = {"draw": classes, "kind": np.int64, "differentiable": False}
row("one_hot", lambda x: np.eye(5)[x.astype(int)], SHAPES, call=lambda x: kytorch.one_hot(whole(x), 5),
    option="5 classes", **one_hot)  # fmt: skip
row("one_hot", lambda x: np.eye(int(x.max()) + 1)[x.astype(int)], [((3, 4),), ((),)],
    call=lambda x: kytorch.one_hot(whole(x)), **one_hot)  # fmt: skip
isin: dict[str, Any] = {"draw": some_zeros, "kind": np.bool_, "differentiable": False}
row("isin", np.isin, [((3, 4), (2,)), ((), (3,)), ((2,), (0,))], **isin)
row("isin", lambda x, y: ~np.isin(x, y), [((3, 4), (2,))], invert=True, **isin)
