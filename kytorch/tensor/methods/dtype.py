"""Conversion to other dtypes as methods.

The methods here are named as Python's types: the annotations beside them must not need those.
"""

from __future__ import annotations

from typing import Self

import numpy as np
import numpy.typing as npt

from kytorch.tensor.methods.registry import Registered


class ConversionMethods(Registered):
    """Conversion to other dtypes as methods."""

    __slots__ = ()

    def to(self, dtype: npt.DTypeLike) -> Self:
        """self with another dtype; the gradient comes back in self's."""
        return self._call("to", dtype)

    def half(self) -> Self:
        """self as float16."""
        return self._call("to", np.float16)

    def float(self) -> Self:
        """self as float32."""
        return self._call("to", np.float32)

    def double(self) -> Self:
        """self as float64."""
        return self._call("to", np.float64)

    def int(self) -> Self:
        """self as int32, rounded toward 0."""
        return self._call("to", np.int32)

    def long(self) -> Self:
        """self as int64, rounded toward 0."""
        return self._call("to", np.int64)

    def bool(self) -> Self:
        """Whether self is not 0."""
        return self._call("to", np.bool_)
