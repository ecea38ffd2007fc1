"""Gradients limited in size: together, element by element, or unit by unit."""

from __future__ import annotations

import math

import numpy as np

from kytorch.ops import norm as vectors
from kytorch.ops.clamp import clamp
from kytorch.ops.join import stack
from kytorch.ops.maximum import maximum
from kytorch.ops.where import where
from kytorch.optim.checks import number, refuse_bad_gradients, refuse_other_kinds
from kytorch.optim.transforms import beside, scaled, widened
from kytorch.tensor.core import Gradients, Tensor


def norm(gradients: Gradients, norm_type: float = 2.0) -> Tensor:
    """The norm of all elements of all gradients together, of shape (): of order 2, or another above 0, or inf.

    It is what `clip_by_norm` limits, of the widest of the gradients' dtypes, but float32 for float16.
    """
    order = _order("norm", norm_type)
    refuse_other_kinds("norm", gradients)
    dtype = np.result_type(np.float32, *[gradient.dtype for gradient, _ in gradients])
    return _norm(gradients, order).to(dtype)


def clip_by_norm(gradients: Gradients, max_norm: float, norm_type: float = 2.0) -> Gradients:
    """The gradients, scaled together so that the norm of all of them is at most `max_norm`.

    They are multiplied by max_norm / (norm + 1e-6) if that is below 1 (Pascanu et al. 2013, Algorithm 1, with the
    1e-6 of torch's clip_grad_norm_). `norm_type` is the norm's order, above 0 or inf. Raises ValueError for a norm
    that is not finite.
    """
    limit = number("clip_by_norm", "max_norm", max_norm)
    order = _order("clip_by_norm", norm_type)
    refuse_other_kinds("clip_by_norm", gradients)
    whole = _norm(gradients, order)
    if not math.isfinite(whole.item()):
        refuse_bad_gradients("clip_by_norm", gradients)
        raise ValueError("clip_by_norm: the norm of the gradients is not finite: it overflows float64")
    factor = limit / (whole + 1e-6)
    if factor.item() >= 1.0:
        return list(gradients)
    return scaled(gradients, factor if factor.requires_grad else factor.item())


def clip_by_value(gradients: Gradients, value: float) -> Gradients:
    """The gradients, each element limited to [-value, value]. Raises ValueError for one that is not finite."""
    limit = number("clip_by_value", "value", value)
    refuse_bad_gradients("clip_by_value", gradients)
    limits = [min(limit, float(np.finfo(gradient.dtype).max)) for gradient, _ in gradients]
    return [(clamp(gradient, -most, most), weight) for (gradient, weight), most in zip(gradients, limits)]


def clip_adaptively(gradients: Gradients, clipping: float = 0.01, eps: float = 1e-3) -> Gradients:
    """The gradients, each unit's scaled so that its norm is at most `clipping` times that of the unit's weights.

    A unit is a row of a matrix, an output channel of a convolution's weight, or a whole vector; the norm of its
    weights counts as at least `eps` (Brock et al. 2021, equation 3). They leave a classifier's last layer unclipped:
    `split` takes it apart. Raises ValueError for a gradient that is not finite.
    """
    ratio = number("clip_adaptively", "clipping", clipping, positive=True)
    least = number("clip_adaptively", "eps", eps, positive=True)
    refuse_bad_gradients("clip_adaptively", gradients)
    clipped: Gradients = []
    for gradient, weight in gradients:
        g, w = widened(gradient, weight), beside(gradient, weight)
        length, size = _by_unit(g), _by_unit(w)
        if not (np.isfinite(length.numpy()).all() and np.isfinite(size.numpy()).all()):  # it overflows float32 only
            g = g.to(np.float64)
            length, size = _by_unit(g), _by_unit(w.to(np.float64))
        limit = maximum(size, least) * ratio
        over = length.numpy() > limit.numpy()
        if over.any():
            factor = where(over, limit / where(over, length, 1.0), 1.0)
            gradient = (g * factor).to(gradient.dtype)
        clipped.append((gradient, weight))
    return clipped


def _order(operation: str, norm_type: float) -> float:
    return math.inf if norm_type == math.inf else number(operation, "norm_type", norm_type, positive=True)


def _norm(gradients: Gradients, order: float) -> Tensor:
    """The norm of all the gradients together, in float64."""
    present = [(g, weight) for g, weight in gradients if g.size]
    if not present:
        return Tensor(0.0, np.float64)
    each = stack([vectors.norm(widened(g, weight), order).to(np.float64) for g, weight in present])
    if not np.isfinite(each.numpy()).all():  # it may overflow float32 only
        each = stack([vectors.norm(g.to(np.float64), order) for g, _ in present])
    return vectors.norm(each, order)


def _by_unit(x: Tensor) -> Tensor:
    """The norm of each unit, with the dimensions kept."""
    return vectors.norm(x, 2.0, tuple(range(1, x.ndim)) if x.ndim > 1 else None, keepdim=True)
