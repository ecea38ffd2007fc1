"""Indexing, and edits."""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from operations.table import HALVES, Array, Shapes, row, torch

# Indices, into shapes (4, 3)

TWICE = np.array([2, 0, 2, -2])
INDICES: dict[str, Any] = {
    "1": 1,
    "-1": -1,
    "(1, 2)": (1, 2),
    "(NumPy integer, int)": (np.int64(1), 2),
    "slice": slice(1, 3),
    "[::-2]": slice(None, None, -2),
    "[:, 1:]": (slice(None), slice(1, None)),
    "[1, ::2]": (1, slice(None, None, 2)),
    "[2:2]": slice(2, 2),
    "...": ...,
    "()": (),
    "[..., 0]": (..., 0),
    "None": None,
    "[:, None, ::2]": (slice(None), None, slice(None, None, 2)),
    "list": [2, 0],
    "empty list": [],
    "repeated": TWICE,
    "uint8": np.array([3, 1], np.uint8),
    "table": np.array([[0, 1], [3, 1]]),
    "pairs": (TWICE, np.array([1, 0, 1, 2])),
    "pairs that broadcast": (TWICE[:, None], np.array([0, 2, 0])),
    "[:, repeated]": (slice(None), np.array([1, 1, 0])),
    "[repeated, 1]": (TWICE, 1),
    "[repeated, 1:]": (TWICE, slice(1, None)),
    "[repeated, None, :]": (TWICE, None, slice(None)),
    "0-d array": np.array(2),
    "mask": np.array([[True, False, True], [False] * 3, [True] * 3, [False, True, False]]),
    "mask of rows": np.array([True, False, True, True]),
    "[mask, 1]": (np.array([True, False, True, True]), 1),
    "[:, mask]": (slice(None), np.array([True, False, True])),
    "[repeated, mask]": (np.array([2, 2]), np.array([True, False, True])),
    "mask of nothing": np.zeros((4, 3), bool),
    "list of bool": [True, False, True, True],
    "True": True,
}


def _torch_places(x: Any, index: Any) -> Any:
    """The flat places of `index`; PyTorch's own indexing has no negative steps."""
    return torch.from_numpy(np.array(np.arange(x.numel()).reshape(tuple(x.shape))[index]))


def _torch_getitem(x: Any, index: Any) -> Any:
    return x.reshape(-1)[_torch_places(x, index)]


def _torch_edited(edit: Callable[[Any, Any], Any]) -> Callable[[Any, Any, Any], Any]:
    """An edit one place after the other, so that what is named twice is edited twice."""

    def function(x: Any, v: Any, index: Any) -> Any:
        places = _torch_places(x, index)
        y, values = x.reshape(-1), v.expand(places.shape).reshape(-1)
        for place, value in zip(places.reshape(-1, 1), values.reshape(-1, 1)):
            y = y.index_copy(0, place, edit(y[place], value))
        return y.reshape(x.shape)

    return function


def _edited(edit: Callable[[Array, Any, Array], Any], index: Any) -> Callable[[Array, Array], Array]:
    def reference(x: Array, v: Array) -> Array:
        y = x.copy()
        edit(y, index, v)
        return y

    return reference


def _assign(y: Array, index: Any, v: Array) -> None:
    y[index] = v


for label, index in INDICES.items():
    row("getitem", lambda x, i=index: x[i], [((4, 3),)], index, option=label, torch=_torch_getitem)
    part = np.zeros((4, 3))[index].shape
    values: list[Shapes] = [((4, 3), part), ((4, 3), ())]
    if len(part) > 1 and 0 not in part:
        values += [((4, 3), part[1:]), ((4, 3), (*part[:-1], 1))]
    row("at_set", _edited(_assign, index), values, index, option=label, on_arrays=False,
        call=lambda x, v, index: x.at[index].set(v),
        torch=_torch_edited(lambda old, value: value))  # fmt: skip
    row("at_add", _edited(np.add.at, index), values, index, option=label, on_arrays=False,
        call=lambda x, v, index: x.at[index].add(v),
        torch=_torch_edited(operator.add))  # fmt: skip
    row("at_mul", _edited(np.multiply.at, index), values, index, option=label, on_arrays=False,
        call=lambda x, v, index: x.at[index].mul(v),
        torch=_torch_edited(operator.mul))  # fmt: skip
    row("at_min", _edited(np.minimum.at, index), values, index, option=label, on_arrays=False,
        call=lambda x, v, index: x.at[index].min(v),
        torch=_torch_edited(lambda old, new: torch.where(old < new, old, new)))  # fmt: skip
    row("at_max", _edited(np.maximum.at, index), values, index, option=label, on_arrays=False,
        call=lambda x, v, index: x.at[index].max(v),
        torch=_torch_edited(lambda old, new: torch.where(old > new, old, new)))  # fmt: skip
row("getitem", lambda x: x[..., 1:], [((2, 3),), ((4,),), ((0, 3),)], (..., slice(1, None)), option="[..., 1:]",
    torch=_torch_getitem)  # fmt: skip
row("getitem", lambda x: x[()], [((),), ((3,),)], (), option="scalar", torch=_torch_getitem)
row("at_set", lambda x: x * 0 + 2.5, [((),), ((3,),), ((0, 2),)], option="all, to a number", on_arrays=False,
    call=lambda x: x.at[...].set(2.5), torch=lambda x: x * 0 + 2.5)  # fmt: skip
row("at_add", lambda x: x + 2, [((),), ((3,),)], option="a number", call=lambda x: x.at[...].add(2), on_arrays=False,
    torch=lambda x: x + 2)  # fmt: skip
row("at_mul", lambda x: x * HALVES, [((3, 4),)], option="an array", on_arrays=False,
    call=lambda x: x.at[...].mul(HALVES), torch=lambda x: x * torch.from_numpy(HALVES))  # fmt: skip
row("at_mul", lambda x: x * x, [((3, 4),), ((),)], option="of one twice", on_arrays=False,
    call=lambda x: x.at[...].mul(x), torch=lambda x: x * x)  # fmt: skip
