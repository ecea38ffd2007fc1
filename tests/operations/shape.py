"""Shapes and the order of dimensions."""

from __future__ import annotations

import numpy as np

from kytorch.tensor.methods.registry import METHODS
from operations.table import UNARY, row, torch

row("reshape", lambda x: x.reshape(4, 3), [((3, 4),), ((2, 6),), ((12,),)], 4, 3)
row("reshape", lambda x: x.reshape(2, -1), [((3, 4),), ((0, 2),), ((1, 2),)], (2, -1))
row("reshape", lambda x: x.reshape(()), [((),), ((1,),), ((1, 1),)], ())
row("reshape", lambda x: x.reshape(1, 1), [((),), ((1,),)], [1, 1])
row("flatten", np.ravel, UNARY)
row("flatten", lambda x: x.reshape(x.shape[0], -1), [((2, 3, 4),), ((2, 3),), ((2, 1, 2, 3),)], 1)
row("flatten", lambda x: x.reshape(6, *x.shape[2:]), [((2, 3, 4),), ((3, 2),), ((2, 3, 0),)], 0, 1)
row("flatten", lambda x: x.reshape(x.shape[0], 6, 4), [((5, 2, 3, 4),)], start_dim=-3, end_dim=-2)
row("squeeze", np.squeeze, [((1, 3, 1),), ((3, 4),), ((),), ((1,),), ((0, 1),)])
row("squeeze", lambda x: x.reshape(x.shape[1:]), [((1, 3, 1),), ((1,),)], 0)
row("squeeze", lambda x: x, [((3, 4),), ((2,),)], 0, option="a dim of another size")
row("squeeze", lambda x: x.reshape(3, 1), [((1, 3, 1, 1),)], (0, -1))
row("squeeze", lambda x: x, [((1, 3),)], ())
row("unsqueeze", lambda x: x[None], UNARY, 0)
row("unsqueeze", lambda x: x[..., None], UNARY, -1)
row("unsqueeze", lambda x: x[:, None], [((3, 4),), ((3,),), ((0,),)], 1)
row("transpose", lambda x: np.swapaxes(x, 0, 1), [((3, 4),), ((2, 3, 4),), ((0, 3),)], 0, 1)
row("transpose", lambda x: np.swapaxes(x, -1, 0), [((3, 4),), ((2, 3, 4),), ((3,),)], -1, 0)
row("transpose", lambda x: x, [((3, 4),), ((),)], 0, 0)
row("transpose", lambda x: np.swapaxes(x, -1, -2), [((3, 4),), ((2, 3, 4),)], option="mT", call=lambda x: x.mT)
row("permute", lambda x: np.transpose(x, (2, 0, 1)), [((2, 3, 4),), ((2, 0, 4),)], 2, 0, 1)
row("permute", lambda x: np.transpose(x, (1, 2, 3, 0)), [((2, 3, 4, 5),)], (-3, 2, -1, 0))
row("permute", lambda x: x, [((),)], ())
row("reversed_dims", np.transpose, [((3, 4),), ((2, 3, 4),), ((3,),), ((),), ((0, 3),)],
    torch=lambda x: x.permute(tuple(reversed(range(x.ndim)))))  # fmt: skip
row("reversed_dims", np.transpose, [((3, 4),), ((2, 3, 4),)], option="T", call=lambda x: x.T,
    torch=lambda x: x.permute(tuple(reversed(range(x.ndim)))))  # fmt: skip
row("view", lambda x: x.reshape(2, -1), [((3, 4),), ((2, 1),)], 2, -1)
for name in ("reshape_as", "view_as"):
    row(name, lambda x: x.reshape(4, 3), [((3, 4),), ((12,),)], option="a shape",
        call=lambda x, name=name: METHODS[name](x, np.ones((4, 3))),
        torch=lambda x, name=name: getattr(x, name)(torch.ones(4, 3)))  # fmt: skip
row("ravel", np.ravel, UNARY)
row("unflatten", lambda x: x.reshape(3, 2, 2), [((3, 4),)], 1, (2, 2))
row("unflatten", lambda x: x.reshape(2, -1, *x.shape[1:]), [((6,),), ((4, 3),), ((2, 1, 5),)], dim=0, sizes=(2, -1))
row("unflatten", lambda x: x.reshape(*x.shape[:-1], 1, 4, 1), [((4,),), ((3, 4),), ((0, 4),)], -1, [1, 4, 1])
row("swapaxes", lambda x: np.swapaxes(x, 0, -1), [((3, 4),), ((2, 3, 4),)], 0, -1)
row("t", np.transpose, [((3, 4),), ((3,),), ((),), ((0, 2),)])
row("movedim", lambda x: np.moveaxis(x, 0, -1), [((2, 3, 4),), ((3, 4),), ((3,),)], 0, -1)
row("movedim", lambda x: np.moveaxis(x, (0, 1), (-1, 0)), [((2, 3, 4),), ((2, 3, 4, 5),)], (0, 1), (-1, 0))
row("movedim", lambda x: np.moveaxis(x, (3, 0), (0, 2)), [((2, 3, 4, 5),)], source=(3, 0), destination=(0, 2))
row("moveaxis", lambda x: np.moveaxis(x, -1, 1), [((2, 3, 4),), ((2, 3, 4, 5),)], -1, 1)
