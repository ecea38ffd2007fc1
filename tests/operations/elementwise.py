"""Elementwise functions that networks are made of."""

from __future__ import annotations

from typing import Any

import numpy as np

from operations.table import UNARY, Array, row, torch, wide


def _softplus(x: Array, beta: float = 1.0, threshold: float = 20.0) -> Array:
    return np.where(beta * x > threshold, x, np.logaddexp(0.0, beta * x) / beta)


def _torch_softplus(x: Any, *options: float, **named: float) -> Any:
    return torch.nn.functional.softplus(x, *options, **named)


row("sigmoid", lambda x: 1.0 / (1.0 + np.exp(-x)), UNARY)
row("sigmoid", lambda x: np.exp(-np.logaddexp(0.0, -x)), UNARY, option="far from 0", draw=wide)
row("relu", lambda x: np.where(x > 0, x, 0.0), UNARY)
row("softplus", _softplus, UNARY, torch=_torch_softplus)
row("softplus", lambda x: _softplus(x, 2.0, 1.0), UNARY, 2.0, 1.0, torch=_torch_softplus)
row("softplus", lambda x: _softplus(x, 0.5), UNARY, beta=0.5, torch=_torch_softplus)
row("softplus", _softplus, UNARY, option="far from 0", draw=wide, torch=_torch_softplus)
