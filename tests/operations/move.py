"""Elements in other places: flips, rolls and quarter turns."""

from __future__ import annotations

import numpy as np

from operations.table import UNARY, row

row("flip", lambda x: np.flip(x, 0), [((3, 4),), ((3,),), ((0, 2),)], 0)
row("flip", lambda x: np.flip(x, (0, -1)), [((3, 4),), ((2, 3, 4),)], (0, -1))
row("flip", lambda x: np.flip(x, (1, 2)), [((2, 3, 4),)], 1, 2)
row("flip", lambda x: x, [((3,),), ((),)], ())
row("fliplr", np.fliplr, [((3, 4),), ((2, 3, 4),)])
row("flipud", np.flipud, [((3, 4),), ((3,),)])
row("roll", lambda x: np.roll(x, 1), UNARY, 1)
row("roll", lambda x: np.roll(x, -7), [((3, 4),), ((5,),)], shifts=-7)
row("roll", lambda x: np.roll(x, 2, 1), [((3, 4),), ((2, 3, 2),), ((2, 0),)], 2, 1)
row("roll", lambda x: np.roll(x, (1, -2), (0, -1)), [((3, 4),), ((2, 3, 4),)], (1, -2), (0, -1))
row("roll", lambda x: np.roll(x, 3, 0), [((4,),), ((4, 2),)], shifts=(1, 2), dims=(0, 0))
for k in (-1, 0, 1, 2, 3, 6):
    row("rot90", lambda x, k=k: np.rot90(x, k), [((3, 4),), ((2, 3, 4),), ((0, 2),)], k)
row("rot90", lambda x: np.rot90(x, 1, (2, 0)), [((2, 3, 4),)], k=1, dims=(2, 0))
row("rot90", lambda x: np.rot90(x, 3, (-2, -1)), [((2, 3, 4),), ((3, 4),)], k=3, dims=(-2, -1))
