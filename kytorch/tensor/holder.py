"""What everything that holds an array shows of it: Tensors, weights and buffers."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from kytorch.tensor.methods.registry import HOOKS
from kytorch.tensor.size import Size
from kytorch.tensor.values import Array, Shape, sealed


class ArrayHolder:
    """Something with an array that users may read and not write."""

    __slots__ = ("_data",)
    _data: Array
    _is_holder = True

    # NumPy's functions hand over to these what they meet a Tensor in; `kytorch.numpy_functions` answers.

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **options: Any) -> Any:
        return HOOKS["array_ufunc"](ufunc, method, inputs, options)

    def __array_function__(
        self, function: Callable[..., Any], types: Collection[type], args: tuple[Any, ...], kwargs: dict[str, Any]
    ) -> Any:
        return HOOKS["array_function"](function, args, kwargs)

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
    def size(self) -> Size:
        """The number of elements; called, the shape or the size of one dimension, as in PyTorch."""
        return Size(self._data.size, self._data.shape)

    def dim(self) -> int:
        """The number of dimensions, as `ndim`."""
        return self._data.ndim

    def numel(self) -> int:
        """The number of elements, as `size`."""
        return self._data.size

    # To a type checker a buffer, which np.asarray takes. Were it an array-like, `array * tensor` would be an array.
    def __buffer__(self, flags: int, /) -> memoryview:
        return sealed(self._data).data

    def __dlpack_device__(self) -> tuple[int, int]:
        device: tuple[int, int] = self._data.__dlpack_device__()
        return device

    def __dlpack__(
        self,
        *,
        stream: int | None = None,
        max_version: tuple[int, int] | None = None,
        dl_device: tuple[int, int] | None = None,
        copy: bool | None = None,
    ) -> Any:  # a capsule, which Python has no type for before 3.13
        """The values for another library, marked as read-only; BufferError for one that does not know the mark.

        The mark binds nobody: PyTorch 2.13 takes it and lets its tensor be written to, which would change this value
        behind every graph that saved it. `torch.from_dlpack(x, copy=True)` is safe.
        """
        given: dict[str, Any] = {"stream": stream, "max_version": max_version, "dl_device": dl_device, "copy": copy}
        # NumPy 2.0 knows the stream only.
        return sealed(self._data).__dlpack__(**{name: value for name, value in given.items() if value is not None})

    if not TYPE_CHECKING:

        def __array__(self, dtype: npt.DTypeLike | None = None, copy: bool | None = None) -> Array:
            if copy or (dtype is not None and self._data.dtype != dtype):
                if copy is False:
                    raise ValueError(f"a {type(self).__name__} of {self.dtype} cannot become {dtype} without a copy")
                return np.array(self._data, dtype)
            return sealed(self._data)
