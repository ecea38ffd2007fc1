"""Activations of straight lines from the rectifier on (Nair and Hinton 2010), and Threshold."""

from __future__ import annotations

from kytorch.kernels import kinks as kernels
from kytorch.nn.activations.elementwise import Activation, StraightGradFn, floats
from kytorch.nn.checks import check_numbers
from kytorch.ops import activation as ops
from kytorch.tensor.core import Tensor
from kytorch.tensor.values import Array


def relu(input: Tensor, inplace: bool = False) -> Tensor:
    """max(x, 0) for each element. `inplace` changes nothing: Tensors are immutable."""
    return ops.relu(input)


class ReLU(Activation):
    """max(x, 0) for each element."""

    def forward(self, input: Tensor) -> Tensor:
        return ops.relu(input)


class HardtanhGradFn(StraightGradFn):
    """y = x limited to [low, high],  dy = [low < x < high] dx"""

    __slots__ = ("_high", "_low")

    def __init__(self, low: float, high: float) -> None:
        self._low = low
        self._high = high

    def passes(self, x: Array) -> Array:
        limited: Array = x <= self._low
        limited |= x >= self._high
        return ~limited


def hardtanh(input: Tensor, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> Tensor:
    """Each element limited to [min_val, max_val]. Raises ValueError if that is empty."""
    _check_limits("hardtanh", min_val, max_val)
    return _hardtanh("hardtanh", input, min_val, max_val)


def _check_limits(name: str, min_val: float, max_val: float) -> None:
    check_numbers(name, min_val=min_val, max_val=max_val)
    if not min_val <= max_val:
        raise ValueError(f"{name}: min_val {min_val} is above max_val {max_val}")


def _hardtanh(name: str, input: Tensor, low: float, high: float) -> Tensor:
    return HardtanhGradFn(low, high).record(kernels.hardtanh(floats(name, input), low, high), input)


class Hardtanh(Activation):
    """Each element limited to [min_val, max_val]."""

    def __init__(self, min_val: float = -1.0, max_val: float = 1.0, inplace: bool = False) -> None:
        Activation.__init__(self, inplace)
        _check_limits("Hardtanh", min_val, max_val)
        self.min_val = min_val
        self.max_val = max_val

    def forward(self, input: Tensor) -> Tensor:
        return hardtanh(input, self.min_val, self.max_val)

    def options(self) -> str:
        return f"min_val={self.min_val}, max_val={self.max_val}"


def relu6(input: Tensor, inplace: bool = False) -> Tensor:
    """Each element limited to [0, 6]."""
    return _hardtanh("relu6", input, 0.0, 6.0)


class ReLU6(Activation):
    """Each element limited to [0, 6]."""

    def forward(self, input: Tensor) -> Tensor:
        return relu6(input)


class ThresholdGradFn(StraightGradFn):
    """y = x where x > threshold, else a value,  dy = [x > threshold] dx"""

    __slots__ = ("_threshold",)

    def __init__(self, threshold: float) -> None:
        self._threshold = threshold

    def passes(self, x: Array) -> Array:
        return ~(x <= self._threshold)


def threshold(input: Tensor, threshold: float, value: float, inplace: bool = False) -> Tensor:
    """Each element where it is above `threshold`, else `value`."""
    check_numbers("threshold", threshold=threshold, value=value)
    return ThresholdGradFn(threshold).record(kernels.threshold(floats("threshold", input), threshold, value), input)


class Threshold(Activation):
    """Each element where it is above `threshold`, else `value`."""

    def __init__(self, threshold: float, value: float, inplace: bool = False) -> None:
        Activation.__init__(self, inplace)
        check_numbers("Threshold", threshold=threshold, value=value)
        self.threshold = threshold
        self.value = value

    def forward(self, input: Tensor) -> Tensor:
        return threshold(input, self.threshold, self.value)

    def options(self) -> str:
        return f"threshold={self.threshold}, value={self.value}"
