"""Proof of a gradient: what the rules say against finite differences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kytorch.func import value_and_grad
from kytorch.tensor.core import Tensor, TrainableWeight


class GradientError(AssertionError):
    """A rule that disagrees with finite differences."""


def check_gradients(
    f: Callable[..., Tensor],
    *inputs: Tensor,
    order: int = 2,
    rtol: float = 1e-6,
    atol: float = 1e-7,
    generator: np.random.Generator | None = None,
) -> None:
    """Check the derivatives of `f` at `inputs`, in float64, up to `order`, along a random direction.

    The gradient that comes in at the output is random too. Run `f` away from its kinks. Raises GradientError where
    the rules disagree with central differences, or the rules on arrays with the rules on Tensors, and TypeError if an
    input is not float64.
    """
    for i, x in enumerate(inputs):
        if not isinstance(x, Tensor) or x.dtype != np.float64:
            kind = x.dtype if isinstance(x, Tensor) else type(x).__name__
            raise TypeError(f"check_gradients: input {i} is {kind}; finite differences need a Tensor of float64")
    if not inputs:
        raise TypeError("check_gradients: expected inputs to differentiate with respect to")
    draw = np.random.default_rng(0) if generator is None else generator
    start = f(*inputs).detach()
    g = Tensor(draw.uniform(0.5, 1.5, start.shape))

    def scalar(*x: Tensor) -> Tensor:
        return ((f(*x) - start) * g).sum()

    _compare_walks(f, inputs, g, rtol, atol)
    magnitude = float(np.abs(start.data).sum())  # of what the differences are rounded to
    _compare_differences(scalar, inputs, 1, order, magnitude, rtol, atol, draw)


def _compare_differences(
    f: Callable[..., Tensor],
    inputs: tuple[Tensor, ...],
    order: int,
    last: int,
    magnitude: float,
    rtol: float,
    atol: float,
    draw: np.random.Generator,
) -> None:
    direction = [Tensor(draw.choice([-1.0, 1.0], x.shape) * draw.uniform(0.5, 1.5, x.shape)) for x in inputs]
    gradient = value_and_grad(f, range(len(inputs)))

    def along(*x: Tensor) -> Tensor:
        """The derivative of `f` along the direction, by the rules."""
        total = Tensor(0.0, np.float64)
        for g, u in zip(gradient(*x)[1], direction):
            total = total + (g * u).sum()
        return total

    step = np.cbrt(np.finfo(np.float64).eps)
    above = f(*[x + step * u for x, u in zip(inputs, direction)]).item()
    below = f(*[x - step * u for x, u in zip(inputs, direction)]).item()
    expected = (above - below) / (2 * step)
    found = along(*inputs).item()
    rounding = 10 * np.finfo(np.float64).eps * (max(abs(above), abs(below)) + magnitude) / step
    if not abs(found - expected) <= atol + rtol * abs(expected) + rounding:
        shapes = ", ".join([str(x.shape) for x in inputs])
        raise GradientError(
            f"check_gradients: along a direction from inputs of shapes {shapes}, the derivative of order {order} is "
            f"{found:.9g} by the rules and {expected:.9g} by differences"
        )
    if order < last:
        _compare_differences(along, inputs, order + 1, last, 0.0, rtol, atol, draw)


def _compare_walks(f: Callable[..., Tensor], inputs: tuple[Tensor, ...], g: Tensor, rtol: float, atol: float) -> None:
    """First-order gradients from the rules on arrays and on Tensors. A rule that writes to `g`, locked, raises."""
    output = f(*[TrainableWeight(x).tensor() for x in inputs])
    on_arrays = output.backward(g)
    on_tensors = {weight: g for g, weight in output.backward(g, create_graph=True)}
    for g, weight in on_arrays:
        if not np.allclose(g.data, on_tensors[weight].data, rtol, atol):
            raise GradientError(f"check_gradients: the rules on arrays say {g}, and on Tensors {on_tensors[weight]}")
