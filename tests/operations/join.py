"""Joining, and taking apart."""

from __future__ import annotations

import numpy as np

import kytorch
from operations.table import row, torch

row("cat", lambda *xs: np.concatenate(xs, 0), [((3, 4), (2, 4)), ((2,), (3,), (1,)), ((0, 3), (2, 3)), ((2, 3),)],
    call=lambda *xs: kytorch.cat(xs), torch=lambda *xs: torch.cat(xs))  # fmt: skip
row("cat", lambda *xs: np.concatenate(xs, 1), [((3, 4), (3, 2)), ((2, 0, 3), (2, 4, 3))], option="dim=1",
    call=lambda *xs: kytorch.cat(list(xs), 1), torch=lambda *xs: torch.cat(xs, 1))  # fmt: skip
row("cat", lambda *xs: np.concatenate(xs, -1), [((3, 4), (3, 2)), ((2,), (3,))], option="dim=-1",
    call=lambda *xs: kytorch.cat(xs, dim=-1), torch=lambda *xs: torch.cat(xs, -1))  # fmt: skip
row("cat", lambda x: np.concatenate([x, x * x], 0), [((3, 4),)], option="of one twice",
    call=lambda x: kytorch.cat([x, x * x]), torch=lambda x: torch.cat([x, x * x]))  # fmt: skip
row("stack", lambda *xs: np.stack(xs), [((3, 4), (3, 4)), ((), (), ()), ((0, 3), (0, 3)), ((2,),)],
    call=lambda *xs: kytorch.stack(xs), torch=lambda *xs: torch.stack(xs))  # fmt: skip
for dim in (1, -1):
    row("stack", lambda *xs, d=dim: np.stack(xs, d), [((3, 4), (3, 4)), ((2,), (2,), (2,))], option=f"dim={dim}",
        call=lambda *xs, d=dim: kytorch.stack(list(xs), d), torch=lambda *xs, d=dim: torch.stack(xs, d))  # fmt: skip
for name in ("concat", "concatenate"):
    row(name, lambda a, b: np.concatenate([a, b], 1), [((3, 4), (3, 2))], option="dim=1",
        call=lambda a, b, name=name: getattr(kytorch, name)([a, b], 1),
        torch=lambda a, b, name=name: getattr(torch, name)([a, b], 1))  # fmt: skip
for name, shapes in {
    "hstack": [((3, 4), (3, 2)), ((2,), (3,)), ((), ()), ((2, 1, 3), (2, 2, 3))],
    "vstack": [((3, 4), (2, 4)), ((4,), (2, 4)), ((), ()), ((2, 1, 3), (1, 1, 3))],
    "dstack": [((3, 4), (3, 4)), ((4,), (1, 4, 2)), ((), ()), ((2, 1, 3), (2, 1, 1))],
}.items():
    row(name, lambda *xs, name=name: getattr(np, name)(xs), shapes, option="two",
        call=lambda *xs, name=name: getattr(kytorch, name)(xs),
        torch=lambda *xs, name=name: getattr(torch, name)(xs))  # fmt: skip


def _bent(parts):
    """Something of all parts that tells one from the other."""
    total = 0.0
    for i, part in enumerate(parts, 1):
        total = total + i * (part * part).sum()
    return total


def _rows(name, cut, shapes, *arguments):
    """A row of all parts together, and one of the last part alone."""
    given = ", ".join(map(str, arguments))
    row(name, lambda x: _bent(cut(x)), shapes, option=f"{given}: all parts",
        call=lambda x: _bent(getattr(kytorch, name)(x, *arguments)),
        torch=lambda x: _bent(getattr(x, name)(*arguments)))  # fmt: skip
    row(name, lambda x: cut(x)[-1], shapes, option=f"{given}: the last part",
        call=lambda x: getattr(kytorch, name)(x, *arguments)[-1],
        torch=lambda x: getattr(x, name)(*arguments)[-1])  # fmt: skip


_rows("split", lambda x: np.array_split(x, [2, 4], 0), [((5,),), ((5, 3),), ((6, 2),)], 2)
_rows("split", lambda x: np.split(x, [3], -1), [((2, 5),), ((5,),)], 3, -1)
_rows("split", lambda x: np.split(x, [1, 1, 4], 1), [((2, 5),), ((2, 5, 3),)], [1, 0, 3, 1], 1)
_rows("chunk", lambda x: np.split(x, [2, 4], 0), [((5,),), ((6, 3),)], 3)
_rows("chunk", lambda x: np.split(x, [2], 1), [((2, 4),), ((1, 3, 2),)], 2, 1)
_rows("tensor_split", lambda x: np.array_split(x, 3, 0), [((5,),), ((7, 2),), ((2, 3),)], 3)
_rows("tensor_split", lambda x: np.array_split(x, [1, 3], -1), [((5,),), ((2, 4),)], (1, 3), -1)
_rows("unbind", list, [((3,),), ((2, 3),), ((2, 0),)])
_rows("unbind", lambda x: list(np.moveaxis(x, 1, 0)), [((2, 3),), ((4, 2, 3),)], 1)
row("narrow", lambda x: x[:, 1:3], [((2, 4),), ((2, 3, 2),)], 1, 1, 2)
row("narrow", lambda x: x[-2:-1], [((3,),), ((4, 2),)], dim=0, start=-2, length=1)
row("narrow", lambda x: x[3:], [((3,),), ((3, 2),)], 0, 3, 0)
row("select", lambda x: x[..., -1], [((3,),), ((2, 3),), ((0, 3),)], -1, -1)
row("select", lambda x: x[:, 1], [((3, 2),), ((2, 3, 4),)], dim=1, index=1)


def _windows(x, dim, size, step):
    starts = range(0, x.shape[dim] - size + 1, step)
    parts = [np.moveaxis(np.take(x, range(start, start + size), dim), dim, -1) for start in starts]
    return np.stack(parts, dim % x.ndim)


for size, step in ((3, 1), (2, 3), (5, 1), (1, 1), (4, 2), (6, 1)):
    row("unfold", lambda x, n=size, s=step: _windows(x, 0, n, s), [((6,),), ((7, 2),), ((8, 0),)], 0, size, step)
row("unfold", lambda x: _windows(x, -2, 2, 1), [((3, 2),), ((2, 4, 3),)], dimension=-2, size=2, step=1)
