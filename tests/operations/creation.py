"""What is made like a Tensor, or drawn for one. The laws of a sample's numbers are in `test_random`."""

from __future__ import annotations

from typing import Any

import numpy as np

import kytorch
from operations.table import UNARY, Array, positive, row


def seeded() -> np.random.Generator:
    return np.random.default_rng(3)


row("zeros_like", np.zeros_like, UNARY, differentiable=False)
row("ones_like", np.ones_like, UNARY, differentiable=False)
row("full_like", lambda x: np.full_like(x, 2.5), UNARY, 2.5, differentiable=False)
for name in ("zeros_like", "ones_like"):
    row(name, lambda x, name=name: getattr(np, name)(x), UNARY, np.int32, option="int32", kind=np.int32,
        differentiable=False)  # fmt: skip


def _drawn(name: str, reference: Any, call: Any, draw: Any = positive, kind: Any = None) -> None:
    row(name, reference, UNARY, option="seeded", call=call, draw=draw, kind=kind, dtypes=(np.float64,),
        differentiable=False, on_arrays=False)  # fmt: skip


def _chosen(weights: Array, n: int) -> Array:
    """The index in whose share of [0, 1) each number falls."""
    lines = np.atleast_2d(weights)
    ends = np.cumsum(lines, 1) / lines.sum(1, keepdims=True)
    u = seeded().random((len(lines), n))
    return np.asarray((u[:, :, None] >= ends[:, None, :]).sum(-1)).reshape(*weights.shape[:-1], n)


def _halved(generator: np.random.Generator, shape: tuple[int, ...]) -> Array:
    return 0.5 * generator.random(shape)


_drawn("rand_like", lambda x: seeded().random(x.shape), lambda x: kytorch.rand_like(x, generator=seeded()))
_drawn("randn_like", lambda x: seeded().standard_normal(x.shape), lambda x: kytorch.randn_like(x, generator=seeded()))
_drawn("normal", lambda x: x + 2.0 * seeded().standard_normal(x.shape),
       lambda x: kytorch.normal(x, 2.0, generator=seeded()))  # fmt: skip
_drawn("bernoulli", lambda x: seeded().random(x.shape) < x, lambda x: kytorch.bernoulli(x, generator=seeded()), _halved)
_drawn("poisson", lambda x: seeded().poisson(x), lambda x: kytorch.poisson(x, seeded()))
row("multinomial", lambda w: _chosen(w, 6), [((4,),), ((2, 3),), ((1,),)], 6, True, option="seeded", draw=positive,
    call=lambda w, *options: kytorch.multinomial(w, *options, generator=seeded()), kind=np.int64, dtypes=(np.float64,),
    differentiable=False, on_arrays=False)  # fmt: skip
