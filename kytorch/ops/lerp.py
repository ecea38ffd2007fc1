"""Linear interpolation."""

from __future__ import annotations

from kytorch.kernels import elementwise as kernels
from kytorch.tensor.core import CONSTANT, A, Operand, Tensor, TwoInputGradFn, View, constant
from kytorch.tensor.errors import no_broadcast, not_tensors
from kytorch.tensor.methods.registry import method
from kytorch.tensor.operands import check_operands, on_arrays
from kytorch.tensor.rules import NaryGradFn
from kytorch.tensor.values import Array, Scalar


class LerpNumberGradFn(TwoInputGradFn):
    """y = a + w (b - a) for a number w,  dy = (1 - w) da + w db"""

    __slots__ = ("_weight",)

    def __init__(self, weight: float) -> None:
        self._weight = weight

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        a_fn, b_fn = self._inputs
        return (
            None if a_fn is CONSTANT else g * (1.0 - self._weight),
            None if b_fn is CONSTANT else g * self._weight,
        )


class LerpGradFn(NaryGradFn):
    """y = a + w (b - a),  dy = (1 - w) da + w db + (b - a) dw"""

    __slots__ = ("_a", "_b", "_w")
    _a: Array
    _b: Array
    _w: Array

    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        a_fn, b_fn, w_fn = self._inputs
        return (
            None if a_fn is CONSTANT else g * (1.0 - view(self._w, w_fn)),
            None if b_fn is CONSTANT else g * view(self._w, w_fn),
            None if w_fn is CONSTANT else g * (view(self._b, b_fn) - view(self._a, a_fn)),
        )

    def record(self, y: Array, *inputs: Tensor) -> Tensor:
        a, b, w = inputs
        if a._grad_fn is not CONSTANT or b._grad_fn is not CONSTANT:
            self._w = w._data
        if w._grad_fn is not CONSTANT:
            self._a, self._b = a._data, b._data
        return NaryGradFn.record(self, y, *inputs)


@method
def lerp(x: A | Scalar, end: A | Array | Scalar, weight: A | Array | Scalar) -> A:
    """x + weight (end - x), elementwise, exact at the weights 0 and 1; any of the three may be numbers, but not all."""
    if isinstance(x, Tensor) or isinstance(end, Tensor) or isinstance(weight, Tensor):
        return _lerp(x, end, weight)
    return on_arrays("lerp", kernels.lerp, x, end, weight)  # type: ignore[return-value]  # without a Tensor, A is Array


def _lerp(x: Operand, end: Operand, weight: Operand) -> Tensor:
    check_operands("lerp", x, end, weight)
    like: Tensor = x if isinstance(x, Tensor) else end if isinstance(end, Tensor) else weight  # type: ignore[assignment]  # one of them is
    a, b = constant(x, like), constant(end, like)
    by_number = type(weight) is float or type(weight) is int
    w = like if by_number else constant(weight, like)
    if a is None or b is None or w is None:
        raise not_tensors("lerp", x, end, weight)
    try:
        y = kernels.lerp(a._data, b._data, weight if by_number else w._data)
    except ValueError:
        raise no_broadcast("lerp", *((a, b) if by_number else (a, b, w))) from None
    if by_number:
        return LerpNumberGradFn(weight).record(y, a, b)  # type: ignore[arg-type]  # a number, by `by_number`
    return LerpGradFn().record(y, a, b, w)
