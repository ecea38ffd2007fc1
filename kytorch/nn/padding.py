"""Layers that pad the images of (N, C, ...), or of one (C, ...), at the ends of their dimensions."""

from __future__ import annotations

import operator
from collections.abc import Iterable
from typing import Literal, TypeAlias

from kytorch.nn.checks import check_numbers
from kytorch.nn.module import Module
from kytorch.ops.pad import pad
from kytorch.tensor.core import Tensor
from kytorch.tensor.errors import not_tensors

Padding1d: TypeAlias = int | tuple[int, int]
Padding2d: TypeAlias = int | tuple[int, int, int, int]
Padding3d: TypeAlias = int | tuple[int, int, int, int, int, int]


class _Pad(Module):
    """`padding` is one number for all ends, or (left, right, top, bottom, front, back), as many as there are."""

    _n: int  # dimensions of the images
    _mode: Literal["constant", "reflect", "replicate", "circular"]

    def __init__(self, padding: int | tuple[int, ...]) -> None:
        name, numbers = type(self).__name__, 2 * self._n
        each = padding if isinstance(padding, Iterable) else (padding,) * numbers
        try:
            self.padding = tuple(map(operator.index, each))
        except TypeError:
            raise TypeError(f"{name}: padding is an int or {numbers} of them, not {padding!r}") from None
        if len(self.padding) != numbers:
            raise ValueError(f"{name}: padding is an int or {numbers} of them, not {padding!r}")

    def forward(self, input: Tensor) -> Tensor:
        if type(input) is not Tensor:
            raise not_tensors(type(self).__name__, input)
        if not self._n < input._data.ndim < self._n + 3:
            raise ValueError(
                f"{type(self).__name__}: an input of shape {input.shape} has {input.ndim} dimensions; "
                f"expected {self._n + 2}, or {self._n + 1} without a batch"
            )
        return pad(input, self.padding, self._mode)

    def extra_repr(self) -> str:
        return f"{self.padding}"


class _ConstantPad(_Pad):
    _mode = "constant"

    def __init__(self, padding: int | tuple[int, ...], value: float) -> None:
        super().__init__(padding)
        check_numbers(type(self).__name__, value=value)
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return pad(input, self.padding, "constant", self.value)

    def extra_repr(self) -> str:
        return f"padding={self.padding}, value={self.value}"


class _ZeroPad(_ConstantPad):
    def extra_repr(self) -> str:
        return f"{self.padding}"


class ConstantPad1d(_ConstantPad):
    """`value` at the ends of rows of (..., W); a negative number takes elements away."""

    _n = 1

    def __init__(self, padding: Padding1d, value: float) -> None:
        super().__init__(padding, value)


class ConstantPad2d(_ConstantPad):
    """`value` at the ends of images of (..., H, W); a negative number takes elements away."""

    _n = 2

    def __init__(self, padding: Padding2d, value: float) -> None:
        super().__init__(padding, value)


class ConstantPad3d(_ConstantPad):
    """`value` at the ends of images of (..., D, H, W); a negative number takes elements away."""

    _n = 3

    def __init__(self, padding: Padding3d, value: float) -> None:
        super().__init__(padding, value)


class ZeroPad1d(_ZeroPad):
    """Zeros at the ends of rows of (..., W); a negative number takes elements away."""

    _n = 1

    def __init__(self, padding: Padding1d) -> None:
        super().__init__(padding, 0.0)


class ZeroPad2d(_ZeroPad):
    """Zeros at the ends of images of (..., H, W); a negative number takes elements away."""

    _n = 2

    def __init__(self, padding: Padding2d) -> None:
        super().__init__(padding, 0.0)


class ZeroPad3d(_ZeroPad):
    """Zeros at the ends of images of (..., D, H, W); a negative number takes elements away."""

    _n = 3

    def __init__(self, padding: Padding3d) -> None:
        super().__init__(padding, 0.0)


class ReflectionPad1d(_Pad):
    """Each dimension of rows of (..., W) mirrored without its outermost elements, by less than its size."""

    _n = 1
    _mode = "reflect"

    def __init__(self, padding: Padding1d) -> None:
        super().__init__(padding)


class ReflectionPad2d(_Pad):
    """Each dimension of images of (..., H, W) mirrored without its outermost elements, by less than its size."""

    _n = 2
    _mode = "reflect"

    def __init__(self, padding: Padding2d) -> None:
        super().__init__(padding)


class ReflectionPad3d(_Pad):
    """Each dimension of images of (..., D, H, W) mirrored without its outermost elements, by less than its size."""

    _n = 3
    _mode = "reflect"

    def __init__(self, padding: Padding3d) -> None:
        super().__init__(padding)


class ReplicationPad1d(_Pad):
    """Each dimension of rows of (..., W) between copies of its outermost elements."""

    _n = 1
    _mode = "replicate"

    def __init__(self, padding: Padding1d) -> None:
        super().__init__(padding)


class ReplicationPad2d(_Pad):
    """Each dimension of images of (..., H, W) between copies of its outermost elements."""

    _n = 2
    _mode = "replicate"

    def __init__(self, padding: Padding2d) -> None:
        super().__init__(padding)


class ReplicationPad3d(_Pad):
    """Each dimension of images of (..., D, H, W) between copies of its outermost elements."""

    _n = 3
    _mode = "replicate"

    def __init__(self, padding: Padding3d) -> None:
        super().__init__(padding)


class CircularPad1d(_Pad):
    """Each dimension of rows of (..., W) between copies of its other end, by at most its size."""

    _n = 1
    _mode = "circular"

    def __init__(self, padding: Padding1d) -> None:
        super().__init__(padding)


class CircularPad2d(_Pad):
    """Each dimension of images of (..., H, W) between copies of its other end, by at most its size."""

    _n = 2
    _mode = "circular"

    def __init__(self, padding: Padding2d) -> None:
        super().__init__(padding)


class CircularPad3d(_Pad):
    """Each dimension of images of (..., D, H, W) between copies of its other end, by at most its size."""

    _n = 3
    _mode = "circular"

    def __init__(self, padding: Padding3d) -> None:
        super().__init__(padding)
