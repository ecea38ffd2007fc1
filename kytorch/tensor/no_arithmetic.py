"""What a weight says to one who takes it for a Tensor: at run time only, so that type checkers refuse it too."""

from __future__ import annotations

from typing import TYPE_CHECKING

from kytorch.tensor.methods import Methods

_ADVICE = "a {} is not a Tensor; weight.tensor() reads it, weight.update(...) replaces its value"
# What a Tensor has beside the operations.
_OTHERS = ("at", "backward", "detach", "grad_fn", "item", "numpy", "requires_grad", "tolist")


class NoArithmetic:
    """Something that holds numbers, and that is to be read before it is computed with."""

    __slots__ = ()

    if not TYPE_CHECKING:

        def _refuse(self, *operands):
            raise TypeError(_ADVICE.format(type(self).__name__))

        __add__ = __sub__ = __mul__ = __truediv__ = __floordiv__ = __mod__ = __pow__ = __matmul__ = _refuse
        __radd__ = __rsub__ = __rmul__ = __rtruediv__ = __rfloordiv__ = __rmod__ = __rpow__ = __rmatmul__ = _refuse
        __and__ = __or__ = __xor__ = __lshift__ = __rshift__ = _refuse
        __rand__ = __ror__ = __rxor__ = __rlshift__ = __rrshift__ = _refuse
        __neg__ = __pos__ = __abs__ = __invert__ = __lt__ = __le__ = __gt__ = __ge__ = _refuse
        __getitem__ = __setitem__ = __len__ = __float__ = __int__ = _refuse

        def __bool__(self):  # which Python would ask the length for
            return True

        def __getattr__(self, name):
            said = f"{type(self).__name__!r} object has no attribute {name!r}"
            if not name.startswith("_") and (name in _OTHERS or hasattr(Methods, name)):
                said += f"; {_ADVICE.format(type(self).__name__)}"
            raise AttributeError(said, name=name, obj=self)
