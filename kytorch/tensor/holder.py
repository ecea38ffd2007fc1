"""What everything that holds an array shows of it: Tensors, weights and buffers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kytorch.tensor.values import Array, Shape, lock, sealed


class ArrayHolder:
    """Something with an array that users may read and not write."""

    __slots__ = ("_data",)
    _data: Array

    # NumPy's operators leave `array * tensor` to the Tensor, and its ufuncs refuse what they would detach.
    __array_ufunc__ = None

    @property
    def data(self) -> Array:
        """The values, as a read-only array."""
        return sealed(self._data)

    @property
    def shape(self) -> Shape:
        """The size of each dimension."""
        return self._data.shape

    @property
    def ndim(self) -> int:
        """The number of dimensions."""
        return self._data.ndim

    @property
    def dtype(self) -> np.dtype[Any]:
        """The kind of number."""
        return self._data.dtype

    @property
    def size(self) -> int:
        """The number of elements."""
        return self._data.size

    def _replace(self, array: Array) -> None:
        """Take the values of `array`, in the old ones' layout in memory, on which the speed of products depends."""
        new = np.empty_like(self._data)
        new[...] = array
        lock(new)
        self._data = new

    if TYPE_CHECKING:
        # To a type checker a buffer, which np.asarray takes. Were it an array-like, `array * tensor` would be an array.
        def __buffer__(self, flags: int, /) -> memoryview: ...
    else:

        def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
            if copy or (dtype is not None and self._data.dtype != dtype):
                if copy is False:
                    raise ValueError(f"a {type(self).__name__} of {self.dtype} cannot become {dtype} without a copy")
                return np.array(self._data, dtype)
            return sealed(self._data)
