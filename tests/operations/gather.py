"""Taking and putting along a dimension."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from kytorch.tensor.methods.registry import METHODS
from operations.table import Array, row, torch

DEEP = (2, 3, 4)
ROWS = np.array([[2, 0, 1, 2], [0, 0, 2, 1]])
SMALL = np.array([[1, 2], [0, 0], [1, 1]])
WIDE = np.array([[[0, 3, 3, 1, 2]], [[1, 1, 0, 0, 3]]], np.int32)

ALONG: dict[str, tuple[tuple[int, ...], int, Array]] = {
    "rows": ((3, 4), 0, ROWS),
    "columns": ((3, 4), 1, SMALL),
    "dim -1 of three": (DEEP, -1, WIDE),
    "dim 1 of three": (DEEP, 1, np.array([[[0], [2], [2], [1]]])),
    "a vector": ((4,), 0, np.array([3, 3, 0])),
    "a scalar": ((), 0, np.array(0)),
    "nothing": ((3, 4), 0, np.zeros((0, 4), np.int64)),
}
UNIQUE = ALONG | {
    "rows": ((3, 4), 0, np.array([[2, 0, 1, 2], [0, 1, 2, 1]])),
    "columns": ((3, 4), 1, np.array([[1, 2], [0, 3], [1, 0]])),
    "dim -1 of three": (DEEP, -1, np.array([[[0, 3, 1]], [[1, 0, 3]]], np.int32)),
    "dim 1 of three": (DEEP, 1, np.array([[[0], [2], [1]]])),
    "a vector": ((4,), 0, np.array([3, 0])),
}


def _torch(name: str) -> Callable[..., Any]:
    """PyTorch's method, given the index as a tensor."""

    def function(x: Any, *rest: Any, **options: Any) -> Any:
        return getattr(x, name)(*[torch.from_numpy(np.array(i)) if isinstance(i, np.ndarray) else i for i in rest],
                                **options)  # fmt: skip

    return function


def _torch_at(name: str, *rest: Any, **options: Any) -> Callable[..., Any]:
    """PyTorch's method with the index before the last input."""

    def function(x: Any, src: Any, dim: int, index: Array) -> Any:
        return getattr(x, name)(dim, torch.from_numpy(np.array(index)).long(), src, *rest, **options)

    return function


def _torch_copied(x: Any, v: Any, dim: int, index: Array) -> Any:
    """One part after the other: PyTorch gives a part that is copied over a gradient too."""
    i = torch.from_numpy(index.reshape(-1)).long()
    for n in range(i.numel()):
        x = x.index_copy(dim, i[n : n + 1], v.narrow(dim, n, 1) if x.ndim else v)
    return x


def _places(dim: int, index: Array) -> tuple[Array, ...]:
    return tuple([index if i == dim % index.ndim else n for i, n in enumerate(np.indices(index.shape))])


def _gathered(x: Array, dim: int, index: Array) -> Array:
    return x[_places(dim, index)] if x.ndim else x


def _put(function: Callable[[Array, Any, Array], None]) -> Callable[..., Array]:
    def reference(x: Array, src: Array, dim: int, index: Array) -> Array:
        y = x.copy()
        if y.ndim:
            function(y, _places(dim, index), src[tuple(map(slice, index.shape))])
        else:
            function(y, (), src)
        return y

    return reference


def _assign(y: Array, places: Any, src: Array) -> None:
    y[places] = src


def _mean(y: Array, places: Any, src: Array) -> None:
    np.add.at(y, places, src)
    counts = np.ones(y.shape)
    np.add.at(counts, places, 1)
    y /= counts


def _without(neutral: float, function: Callable[[Array, Any, Array], None]) -> Callable[[Array, Any, Array], None]:
    def edit(y: Array, places: Any, src: Array) -> None:
        y[places] = neutral
        function(y, places, src)

    return edit


def _mean_without(y: Array, places: Any, src: Array) -> None:
    y[places] = 0
    np.add.at(y, places, src)
    counts = np.zeros(y.shape)
    np.add.at(counts, places, 1)
    y /= np.maximum(counts, 1)


REDUCED: dict[tuple[str, bool], Callable[[Array, Any, Array], None]] = {
    ("sum", True): np.add.at,
    ("prod", True): np.multiply.at,
    ("mean", True): _mean,
    ("amax", True): np.maximum.at,
    ("amin", True): np.minimum.at,
    ("sum", False): _without(0, np.add.at),
    ("prod", False): _without(1, np.multiply.at),
    ("mean", False): _mean_without,
    ("amax", False): _without(-np.inf, np.maximum.at),
    ("amin", False): _without(np.inf, np.minimum.at),
}


def _scatter(name: str, x: Any, dim: int, index: Array, v: Any, *rest: Any, **options: Any) -> Any:
    function: Callable[..., Any] = METHODS[name]
    return function(x, dim, index, v, *rest, **options)


for label, (shape, dim, index) in ALONG.items():
    row("gather", lambda x, d=dim, i=index: _gathered(x, d, i), [(shape,)], dim, index, option=label,
        torch=_torch("gather"))  # fmt: skip
    larger = tuple([n + 1 for n in index.shape])
    places = [(shape, index.shape)] + ([(shape, larger)] if shape and index.size else [])
    row("scatter_add", lambda x, v, d=dim, i=index: _put(np.add.at)(x, v, d, i), [(shape, index.shape)], dim, index,
        option=label, call=lambda x, v, d, i: _scatter("scatter_add", x, d, i, v),
        torch=_torch_at("scatter_add"))  # fmt: skip
    row("scatter", lambda x, v, d=dim, i=index: _put(np.add.at)(x, v, d, i), places, dim, index, option=f"add, {label}",
        call=lambda x, v, d, i: _scatter("scatter", x, d, i, v, reduce="add"),
        torch=lambda x, v, d, i: _torch_at("scatter_add")(x, v[tuple(map(slice, i.shape))], d, i))  # fmt: skip
    for (reduce, include_self), function in REDUCED.items():
        row("scatter_reduce", lambda x, v, d=dim, i=index, f=function: _put(f)(x, v, d, i), [(shape, index.shape)],
            dim, index, option=f"{reduce}, {include_self}, {label}",
            call=lambda x, v, d, i, r=reduce, s=include_self: _scatter("scatter_reduce", x, d, i, v, r, include_self=s),
            torch=_torch_at("scatter_reduce", reduce, include_self=include_self))  # fmt: skip
for label, (shape, dim, index) in UNIQUE.items():
    row("scatter", lambda x, v, d=dim, i=index: _put(_assign)(x, v, d, i), [(shape, index.shape)], dim, index,
        option=label, call=lambda x, v, d, i: _scatter("scatter", x, d, i, v), torch=_torch_at("scatter"))  # fmt: skip
    row("scatter", lambda x, v, d=dim, i=index: _put(np.multiply.at)(x, v, d, i), [(shape, index.shape)], dim, index,
        option=f"multiply, {label}", call=lambda x, v, d, i: _scatter("scatter", x, d, i, v, reduce="multiply"),
        torch=_torch_at("scatter_reduce", "prod"))  # fmt: skip
# PyTorch is no oracle of what is put twice into one element: it keeps one, but gives both a gradient.
row("scatter", lambda x, v: np.stack([v[2], v[3], x[2]]), [((3,), (4,))], 0, np.array([1, 0, 0, 1]), option="twice",
    call=lambda x, v, d, i: _scatter("scatter", x, d, i, v),
    torch=lambda x, v, d, i: torch.stack([v[2], v[3], x[2]]))  # fmt: skip
row("scatter", lambda x: np.concatenate([x[:1] * 0 + 2.5, x[1:]]), [((3, 2),)], 0, np.zeros((2, 2), int),
    option="value", value=2.5, torch=_torch("scatter"))  # fmt: skip
row("scatter", lambda x: np.concatenate([x[:1] + 5, x[1:]]), [((3, 2),)], 0, np.zeros((2, 2), int), 2.5,
    option="number added", reduce="add",
    torch=lambda x, d, i, value, reduce: _torch_at("scatter_add")(
        x, torch.full(i.shape, value, dtype=x.dtype), d, i))  # fmt: skip

TWICE = np.array([2, 0, 2])
for shape, dim, index in [((4, 3), 0, TWICE), ((2, 3, 2), 1, TWICE), ((2, 3), -1, np.array([1], np.int32)),
                          ((4,), 0, np.array(3)), ((), 0, np.array([0])), ((3, 2), 0, np.zeros(0, int))]:  # fmt: skip
    label = f"{shape}, dim {dim}"
    part = shape[: dim % max(len(shape), 1)] + (index.size,) + shape[dim % max(len(shape), 1) + 1 :] if shape else ()

    def _key(d: int, i: Array, shape: Any = shape) -> Any:
        return (slice(None),) * (d % len(shape)) + (i.reshape(-1),) if shape else ()

    def _edited(edit: Callable[[Array, Any, Array], None], key: Any = _key) -> Callable[..., Array]:
        def reference(x: Array, v: Array, d: int, i: Array) -> Array:
            y = x.copy()
            edit(y, key(d, i), v)
            return y

        return reference

    assigned, added = _edited(_assign), _edited(np.add.at)
    row("index_select", lambda x, d=dim, i=index, k=_key: x[k(d, i)], [(shape,)], dim, index, option=label,
        torch=lambda x, d, i: _torch("index_select")(x, d, i) if x.ndim else x * 1)  # fmt: skip
    row("index_fill", lambda x, v, d=dim, i=index, e=assigned: e(x, v, d, i), [(shape, ())], dim, index,
        option=label, call=lambda x, v, d, i: METHODS["index_fill"](x, d, i, v),
        torch=_torch_at("index_fill"))  # fmt: skip
    row("index_add", lambda x, v, d=dim, i=index, e=added: e(x, 2 * v, d, i), [(shape, part)], dim, index,
        option=label, call=lambda x, v, d, i: METHODS["index_add"](x, d, i, v, alpha=2),
        torch=_torch_at("index_add", alpha=2))  # fmt: skip
    row("index_copy", lambda x, v, d=dim, i=index, e=assigned: e(x, v, d, i), [(shape, part)], dim, index,
        option=label, call=lambda x, v, d, i: METHODS["index_copy"](x, d, i, v),
        torch=_torch_copied)  # fmt: skip
row("index_fill", lambda x: np.stack([x[0], x[0] * 0 + 2]), [((2, 3),)], 0, np.array([-1]), 2, option="from the end",
    torch=_torch("index_fill"))  # fmt: skip
row(
    "take",
    lambda x: x.reshape(-1)[[[0, -1], [5, 0]]],
    [((3, 4),), ((12,),)],
    np.array([[0, -1], [5, 0]]),
    torch=_torch("take"),
)
row("take", lambda x: x.reshape(-1)[[0, -1]], [((),)], np.array([0, -1]), option="of a scalar", torch=_torch("take"))
row("take_along_dim", lambda x: np.take_along_axis(x, ROWS, 0), [((3, 4),)], ROWS, 0, option="rows",
    torch=_torch("take_along_dim"))  # fmt: skip
row("take_along_dim", lambda x: np.take_along_axis(x, np.array([[0, -1, 0]] * 3), 1), [((3, 4),)],
    np.array([[0, -1, 0]]), 1, option="an index that broadcasts", torch=_torch("take_along_dim"))  # fmt: skip
row("take_along_dim", lambda x: np.take_along_axis(np.repeat(x, 2, 0), SMALL[:2], -1), [((1, 4),)], SMALL[:2], -1,
    option="an x that broadcasts", torch=_torch("take_along_dim"))  # fmt: skip
row("take_along_dim", lambda x: x.reshape(-1)[[3, 3, 0]], [((3, 4),), ((4,),)], np.array([[3, 3, 0]]),
    option="in line", torch=_torch("take_along_dim"))  # fmt: skip
# PyTorch counts places from the end along a dim, but not in line.
row("take_along_dim", lambda x: x.reshape(-1)[[3, 3, -1]], [((3, 4),), ((4,),)], np.array([[3, 3, -1]]),
    option="in line, from the end", torch=lambda x, i: x.reshape(-1)[i.reshape(-1)])  # fmt: skip
