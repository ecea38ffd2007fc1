"""Diagonals and triangles."""

from __future__ import annotations

import numpy as np

from operations.table import row

MATRICES = [((3, 4),), ((4, 3),), ((2, 3, 3),), ((0, 3),), ((1, 1),)]

for offset in (-1, 0, 2, 5):
    row("diagonal", lambda x, k=offset: np.diagonal(x, k), MATRICES, offset)
row("diagonal", lambda x: np.diagonal(x, 1, -1, 0), [((2, 3, 4),), ((3, 3),)], offset=1, dim1=-1, dim2=0)


def _embedded(x, offset, dim1, dim2):
    n = x.shape[-1] + abs(offset)
    y = np.zeros((*x.shape[:-1], n, n))
    rows = np.arange(x.shape[-1]) + max(-offset, 0)
    y[..., rows, rows + offset] = x
    return np.moveaxis(y, (-2, -1), (dim1, dim2))


for offset, dim1, dim2 in ((0, -2, -1), (2, 0, 1), (-1, -1, 0), (1, 0, -1)):
    row("diag_embed", lambda x, k=offset, i=dim1, j=dim2: _embedded(x, k, i, j),
        [((3,),), ((2, 3),), ((2, 3, 4),), ((2, 0),)], offset, dim1, dim2)  # fmt: skip
for offset in (-1, 0, 2):
    row("diag", lambda x, k=offset: np.diag(x, k), [((3,),), ((3, 4),), ((4, 3),), ((1,),)], offset)
row("trace", np.trace, [((3, 3),), ((2, 4),), ((1, 1),), ((0, 3),)])
for name, reference in (("tril", np.tril), ("triu", np.triu)):
    for offset in (-5, -1, 0, 2, 7):
        row(name, lambda x, f=reference, k=offset: f(x, k), MATRICES, offset)
    row(name, lambda x, f=reference: f(x, 3), [((70, 130),), ((130, 3),), ((2, 65, 66),)],
        option="large", diagonal=3)  # fmt: skip
