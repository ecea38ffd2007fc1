"""A weight or a buffer, and what it says to one who takes it for a Tensor."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from kytorch.tensor.holder import ArrayHolder
from kytorch.tensor.methods import Methods
from kytorch.tensor.values import Array, lock

_ADVICE = "a {0} is not a Tensor; {1}.tensor() reads it, {1}.update(...) replaces its value"
# What a Tensor has beside the operations.
_OTHERS = ("at", "backward", "detach", "grad_fn", "item", "numpy", "requires_grad", "tolist")


class Cell(ArrayHolder):
    """An array that may be replaced by another, and that is to be read before it is computed with."""

    __slots__ = ()
    _noun = "weight"

    def _replace(self, array: Array) -> None:
        """Take the values of `array`, in the old ones' layout in memory, on which the speed of products depends."""
        new = np.empty_like(self._data)
        new[...] = array
        lock(new)
        self._data = new

    def _convert(self, dtype: np.dtype[Any]) -> None:
        """Turn the values into `dtype`, in the old ones' layout in memory."""
        if self._data.dtype != dtype:
            self._data = self._data.astype(dtype)
            lock(self._data)

    if not TYPE_CHECKING:  # so that a type checker refuses it too

        def _refuse(self, *operands):
            raise TypeError(_ADVICE.format(type(self).__name__, self._noun))

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
                said += f"; {_ADVICE.format(type(self).__name__, self._noun)}"
            raise AttributeError(said, name=name, obj=self)
