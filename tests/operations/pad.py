"""Padding."""

from __future__ import annotations

import numpy as np

from operations.table import row, torch


def _padded(x, pad, mode="constant", value=0.0):
    """As np.pad, with what is taken away first."""
    if not any(pad):
        return x
    pairs = [(0, 0)] * (x.ndim - len(pad) // 2) + list(zip(pad[::2], pad[1::2]))[::-1]
    x = x[tuple([slice(max(-a, 0), n - max(-b, 0)) for (a, b), n in zip(pairs, x.shape)])]
    pairs = [(max(a, 0), max(b, 0)) for a, b in pairs]
    names = {"reflect": "reflect", "replicate": "edge", "circular": "wrap"}
    return np.pad(x, pairs, constant_values=value) if mode == "constant" else np.pad(x, pairs, names[mode])


def _torch_pad(x, pad, mode="constant", value=None):
    return torch.nn.functional.pad(x, pad, mode, value)


def _batched(x, pad, mode):
    """PyTorch copies only where there is a channel."""
    return torch.nn.functional.pad(x[None], pad, mode)[0]


for pad, shapes in {
    (1, 2): [((3,),), ((2, 3),), ((2, 0),)],
    (1, 0, 0, 2): [((2, 3),), ((2, 2, 3),)],
    (0, 1, 1, 1, 2, 0): [((2, 2, 3),)],
    (-1, 2): [((3,),), ((2, 3),)],
    (-1, -1, 1, -1): [((2, 3),), ((3, 3, 2),)],
    (0, 0): [((3,),), ((2, 3),)],
    (): [((3,),), ((),)],
}.items():
    row("pad", lambda x, pad=pad: _padded(x, pad), shapes, pad, torch=_torch_pad)
row("pad", lambda x: _padded(x, (1, -1, 2, 0), value=-2.5), [((2, 3),), ((2, 3, 2),)], [1, -1, 2, 0],
    mode="constant", value=-2.5, torch=_torch_pad)  # fmt: skip
for mode in ("reflect", "replicate", "circular"):
    for pad, shapes in {
        (1, 2): [((3,),), ((4, 3),)],
        (2, 0): [((3,),), ((4, 3),)],
        (0, 1, 2, 1): [((3, 2),), ((2, 4, 3),)],
        (1, 1, 0, 1, 2, 2): [((3, 2, 2),)],
        (0, 0): [((3,),)],
        (-1, 2): [((4,),), ((2, 4),)],
        (1, -1, -1, 0): [((3, 3),), ((2, 3, 4),)],
    }.items():
        row("pad", lambda x, pad=pad, mode=mode: _padded(x, pad, mode), shapes, pad, mode, torch=_batched)
