"""Functions from a list of gradients to a list of gradients."""

from __future__ import annotations

import math
from functools import reduce
from operator import add as plus

import numpy as np

from kytorch.ops.clamp import clamp
from kytorch.ops.power import sqrt
from kytorch.optim.checks import number, refuse_bad_gradients, refuse_other_kinds
from kytorch.optim.state import working_dtype
from kytorch.tensor.core import Gradient, Gradients, Tensor, TrainableWeight


def clip_by_norm(gradients: Gradients, max_norm: float) -> Gradients:
    """The gradients, scaled together so that the 2-norm of all of them is at most `max_norm`.

    They are multiplied by max_norm / (norm + 1e-6) if that is below 1 (Pascanu et al. 2013, Algorithm 1, with the
    1e-6 of torch's clip_grad_norm_). The norm is computed in float64. Raises ValueError if it is not finite.
    """
    limit = number("clip_by_norm", "max_norm", max_norm)
    refuse_other_kinds("clip_by_norm", gradients)
    norm = _norm(gradients)
    if not math.isfinite(norm.item()):
        refuse_bad_gradients("clip_by_norm", gradients)
        raise ValueError("clip_by_norm: the norm of the gradients is not finite: it overflows float64")
    factor = limit / (norm + 1e-6)
    if factor.item() >= 1.0:
        return list(gradients)
    return _scaled(gradients, factor if factor.requires_grad else factor.item())


def clip_by_value(gradients: Gradients, value: float) -> Gradients:
    """The gradients, each element limited to [-value, value]. Raises ValueError for one that is not finite."""
    limit = number("clip_by_value", "value", value)
    refuse_bad_gradients("clip_by_value", gradients)
    limits = [min(limit, float(np.finfo(gradient.dtype).max)) for gradient, _ in gradients]
    return [(clamp(gradient, -most, most), weight) for (gradient, weight), most in zip(gradients, limits)]


def scale(gradients: Gradients, factor: float) -> Gradients:
    """The gradients times `factor`. Raises ValueError if that is not finite."""
    refuse_other_kinds("scale", gradients)
    return _scaled(gradients, number("scale", "factor", factor, low=-math.inf))


def add(gradients: Gradients, others: Gradients) -> Gradients:
    """The sum of two lists, weight by weight, to accumulate gradients over several batches.

    A weight of only one list keeps its gradient; those of the first list come first. Raises ValueError where two
    gradients of a weight differ in shape.
    """
    for summand in (gradients, others):
        refuse_other_kinds("add", summand)
    total: dict[TrainableWeight, Gradient] = {}
    for gradient, weight in [*gradients, *others]:
        if weight not in total:
            total[weight] = gradient
        elif total[weight].shape != gradient.shape:
            raise ValueError(
                f"add: two gradients of a weight of shape {weight.shape} have shapes {total[weight].shape} "
                f"and {gradient.shape}"
            )
        else:
            total[weight] = total[weight] + gradient
    return [(gradient, weight) for weight, gradient in total.items()]


def _scaled(gradients: Gradients, factor: float | Tensor) -> Gradients:
    """The gradients times `factor`, those of float16 by way of float32, in which a small factor is not 0."""
    return [((g.to(working_dtype(weight)) * factor).to(g.dtype), weight) for g, weight in gradients]


def _norm(gradients: Gradients) -> Tensor:
    """The 2-norm of all the gradients together, in float64."""
    flat = [gradient.to(np.float64).flatten() for gradient, _ in gradients]
    return sqrt(reduce(plus, [x @ x for x in flat], Tensor(0.0, np.float64)))
