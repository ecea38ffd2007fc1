"""Shapes, repetition and joining."""

from __future__ import annotations

import numpy as np

import kytorch
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
row("expand", lambda x: np.broadcast_to(x, (2, 3, 4)), [((3, 1),), ((4,),), ((),), ((2, 3, 4),)], 2, 3, 4)
row("expand", lambda x: np.broadcast_to(x, (3, 4)), [((3, 1),)], (-1, 4))
row("expand", lambda x: np.broadcast_to(x, (0, 3)), [((1, 3),), ((3,),), ((0, 1),)], (0, 3))
row("sum_to_size", lambda x: x.sum(0), [((2, 3),), ((0, 3),), ((5, 3),)], 3)
row("sum_to_size", lambda x: x.sum((0, 3), keepdims=True)[0], [((5, 2, 3, 4),)], (2, 3, 1))
row("sum_to_size", np.sum, UNARY, ())
row("sum_to_size", lambda x: x, [((3, 4),)], 3, 4, option="its own size")
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
