"""The errors of operands, in kytorch's words."""

from __future__ import annotations

from kytorch.tensor.holder import ArrayHolder
from kytorch.tensor.values import Array


def operands_error(name: str, error: Exception, a: ArrayHolder, b: ArrayHolder) -> Exception:
    """NumPy's `error` about two operands: that their shapes do not broadcast, or its own with the operation's name."""
    lead = min(a.ndim, b.ndim)
    pairs = zip(a.shape[a.ndim - lead :], b.shape[b.ndim - lead :])
    if any(n != m and n != 1 and m != 1 for n, m in pairs):
        return no_broadcast(name, a, b)
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
    kind = next((type(x).__name__ for x in values if type(x).__name__ != "Tensor"), "Tensor")
    advice = "weight.tensor() reads it" if kind == "TrainableWeight" else "Tensor(...) makes one of numbers or an array"
    return TypeError(f"{name}: expected a Tensor, not {kind}; {advice}")


def check_operand(name: str, x: object) -> None:
    """Raises TypeError for what is neither a Tensor nor an array."""
    if not hasattr(x, "_grad_fn") and (isinstance(x, ArrayHolder) or not hasattr(x, "dtype")):
        raise not_tensors(name, x)
