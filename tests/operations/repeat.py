"""Repetition and broadcasting."""

from __future__ import annotations

import numpy as np

import kytorch
from kytorch.tensor.methods.registry import METHODS
from operations.table import UNARY, row, torch


def _sum_of_squares(a, b):
    return a + b * b


def _weighted(parts):
    total = parts[0]
    for i, part in enumerate(parts[1:], 2):
        total = total + part * part * i
    return total


row("expand", lambda x: np.broadcast_to(x, (2, 3, 4)), [((3, 1),), ((4,),), ((),), ((2, 3, 4),)], 2, 3, 4)
row("expand", lambda x: np.broadcast_to(x, (3, 4)), [((3, 1),)], (-1, 4))
row("expand", lambda x: np.broadcast_to(x, (0, 3)), [((1, 3),), ((3,),), ((0, 1),)], (0, 3))
row("sum_to_size", lambda x: x.sum(0), [((2, 3),), ((0, 3),), ((5, 3),)], 3)
row("sum_to_size", lambda x: x.sum((0, 3), keepdims=True)[0], [((5, 2, 3, 4),)], (2, 3, 1))
row("sum_to_size", np.sum, UNARY, ())
row("sum_to_size", lambda x: x, [((3, 4),)], 3, 4, option="its own size")
row("broadcast_to", lambda x: np.broadcast_to(x, (2, 3, 4)), [((3, 1),), ((4,),), ((2, 3, 4),)], (2, 3, 4))
row("expand_as", lambda x: np.broadcast_to(x, (2, 3)), [((3,),), ((2, 1),), ((),)], option="a shape",
    call=lambda x: METHODS["expand_as"](x, np.ones((2, 3))), torch=lambda x: x.expand_as(torch.ones(2, 3)))  # fmt: skip
row("broadcast_tensors", lambda a, b: a + b * b, [((3, 1), (4,)), ((2, 3), (2, 3)), ((), (2,)), ((0, 1), (1, 3))],
    option="two", call=lambda a, b: _sum_of_squares(*kytorch.broadcast_tensors(a, b)),
    torch=lambda a, b: _sum_of_squares(*torch.broadcast_tensors(a, b)))  # fmt: skip
row("repeat", lambda x: np.tile(x, (2, 3)), [((3, 4),), ((3,),), ((),), ((0, 3),)], 2, 3)
row("repeat", lambda x: np.tile(x, (2, 1, 3)), [((3, 4),), ((2, 1, 2),)], (2, 1, 3))
row("repeat", lambda x: np.tile(x, (0, 2)), [((3, 4),)], 0, 2)
row("repeat", lambda x: x, [((3, 4),)], 1, 1)
row("tile", lambda x: np.tile(x, 2), [((3, 4),), ((3,),), ((),), ((0, 3),)], 2,
    torch=lambda x, n: x.tile((n,)))  # fmt: skip
row("tile", lambda x: np.tile(x, (3, 1, 2)), [((3, 4),), ((3,),), ((2, 2, 2, 2),)], (3, 1, 2))
row("repeat_interleave", lambda x: np.repeat(x, 3), UNARY, 3)
row("repeat_interleave", lambda x: np.repeat(x, 2, -1), [((3, 4),), ((3,),), ((2, 0, 3),)], 2, dim=-1)
row("repeat_interleave", lambda x: np.repeat(x, 0, 0), [((3, 4),)], 0, 0)
row("repeat_interleave", lambda x: np.repeat(x, [2, 0, 3], 0), [((3,),), ((3, 2),)], [2, 0, 3], 0,
    torch=lambda x, counts, dim: x.repeat_interleave(torch.tensor(counts), dim))  # fmt: skip
row("repeat_interleave", lambda x: np.repeat(x, [0, 1, 2], 1), [((2, 3),), ((2, 3, 4),)], np.array([0, 1, 2]), 1,
    torch=lambda x, counts, dim: x.repeat_interleave(torch.tensor(counts), dim))  # fmt: skip
row("repeat_interleave", lambda x: np.repeat(x, 2, 1), [((2, 3),)], kytorch.tensor([2]), 1, option="one count",
    torch=lambda x, counts, dim: x.repeat_interleave(2, dim))  # fmt: skip
for indexing in ("ij", "xy"):
    row("meshgrid", lambda a, b, c, how=indexing: _weighted(np.meshgrid(a, b, c, indexing=how)),
        [((2,), (3,), (4,)), ((1,), (2,), (0,))], option=indexing,
        call=lambda a, b, c, how=indexing: _weighted(kytorch.meshgrid(a, b, c, indexing=how)),
        torch=lambda a, b, c, how=indexing: _weighted(torch.meshgrid(a, b, c, indexing=how)))  # fmt: skip
row("meshgrid", np.atleast_1d, [((3,),), ((),)], option="of one", call=lambda a: kytorch.meshgrid(a)[0],
    torch=lambda a: torch.meshgrid(a, indexing="ij")[0])  # fmt: skip
