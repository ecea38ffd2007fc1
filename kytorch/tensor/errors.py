"""The errors of operands, in kytorch's words."""

from __future__ import annotations

from kytorch.tensor.cell import Cell
from kytorch.tensor.holder import ArrayHolder
from kytorch.tensor.values import Array

_BITWISE = frozenset(["bitwise_and", "bitwise_or", "bitwise_xor", "left_shift", "right_shift"])


def operands_error(name: str, error: Exception, a: ArrayHolder, b: ArrayHolder) -> Exception:
    """NumPy's `error` about two operands: that their shapes do not broadcast, or its own with the operation's name."""
    lead = min(a.ndim, b.ndim)
    pairs = zip(a.shape[a.ndim - lead :], b.shape[b.ndim - lead :])
    if any(n != m and n != 1 and m != 1 for n, m in pairs):
        return no_broadcast(name, a, b)
    if name in _BITWISE and "f" in (a.dtype.kind, b.dtype.kind):
        return TypeError(
            f"{name} of {a.dtype} and {b.dtype}: expected integers or bool; compare x to something, or use to()"
        )
    return type(error)(f"{name} of {a.dtype} and {b.dtype}: {error}")


def no_broadcast(name: str, *operands: ArrayHolder | Array) -> ValueError:
    """The error of operands whose shapes do not broadcast."""
    shapes = " and ".join(str(x.shape) for x in operands)
    return ValueError(
        f"{name}: shapes {shapes} do not broadcast; aligned at the right, two sizes must be equal or one of them 1 "
        "(reshape or unsqueeze an operand)"
    )


def not_tensors(name: str, *values: object) -> TypeError:
    """The error of an operation that takes Tensors and got something else among `values`."""
    kind = next((type(x) for x in values if type(x).__name__ != "Tensor"), type(values[0]))
    advice = "Tensor(...) makes one of numbers or an array"
    if issubclass(kind, Cell):
        advice = f"{kind._noun}.tensor() reads it"
    return TypeError(f"{name}: expected a Tensor, not {kind.__name__}; {advice}")
