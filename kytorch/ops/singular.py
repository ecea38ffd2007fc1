"""Factors of rules that are infinite or NaN somewhere: where no gradient comes in, none goes out.

So where(x > 0, sqrt(x), x) has the gradient 1, and not NaN, for x < 0.
"""

from __future__ import annotations

import math

import numpy as np

from kytorch.ops.where import where
from kytorch.tensor.core import A, Tensor
from kytorch.tensor.methods.registry import hook
from kytorch.tensor.values import Array


@hook
def times(g: A, factor: A) -> A:
    """g factor, and 0 where g is 0, whatever the factor is."""
    y: A = g * factor
    lost = _lost(y, g)
    return y if lost is None else g * where(lost, 0.0, factor)


@hook
def over(g: A, divisor: A) -> A:
    """g / divisor, and 0 where g is 0, whatever the divisor is."""
    y: A = g / divisor
    lost = _lost(y, g)
    return y if lost is None else g / where(lost, math.inf, divisor)


def _lost(y: A, g: A) -> Array | None:
    """Where y is not finite although g is 0; None if nowhere. The sum, quickly made, tells that all is finite."""
    data, incoming = (y._data, g._data) if isinstance(y, Tensor) and isinstance(g, Tensor) else (y, g)
    if math.isfinite(np.add.reduce(data, None)):
        return None
    lost: Array = ~np.isfinite(data) & (incoming == 0)
    return lost if lost.any() else None


def somewhere(mask: A) -> bool:
    """Whether `mask` is true anywhere."""
    return bool((mask._data if isinstance(mask, Tensor) else mask).any())
