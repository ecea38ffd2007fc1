"""Local response norm, across neighbouring channels (Krizhevsky et al. 2012, section 3.3)."""

from __future__ import annotations

from kytorch.kernels import normalization as kernels
from kytorch.nn.checks import check_floats, check_numbers, check_positive
from kytorch.nn.module import Module
from kytorch.ops.power import pow
from kytorch.tensor.core import A, Tensor, UnaryGradFn


class ChannelWindowsGradFn(UnaryGradFn):
    """y_c = sum of x_j for j from c - before to c + after,  dx_c = sum of dy_j for j from c - after to c + before"""

    __slots__ = ("_after", "_before")

    def __init__(self, before: int, after: int) -> None:
        self._before = before
        self._after = after

    def vjp(self, g: A) -> A:
        return _channel_windows(g, self._after, self._before)


def _channel_windows(x: A, before: int, after: int) -> A:
    """For each channel of (N, C, ...) the sum of it, of those before and of those after it."""
    if isinstance(x, Tensor):
        y = kernels.channel_windows(x._data, before, after)
        return ChannelWindowsGradFn(before, after).record(y, x)
    return kernels.channel_windows(x, before, after)


def local_response_norm(input: Tensor, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Tensor:
    """x / (k + alpha mean of x^2)^beta of (N, C, L, ...), the mean being over `size` channels around each.

    Channels beyond the ends count as 0. Raises ValueError for another shape, TypeError for what is no Tensor of floats.
    """
    check_positive("local_response_norm", size=size)
    check_floats("local_response_norm", input)
    if input.ndim < 3:
        raise ValueError(f"local_response_norm: expected an input (N, C, L, ...), not of shape {input.shape}")
    squares = _channel_windows(input * input, size // 2, (size - 1) // 2)
    return input / pow(squares * (alpha / size) + k, beta)


class LocalResponseNorm(Module):
    """`local_response_norm` over `size` channels."""

    def __init__(self, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> None:
        check_positive("LocalResponseNorm", size=size)
        check_numbers("LocalResponseNorm", alpha=alpha, beta=beta, k=k)
        self.size = size
        self.alpha = alpha
        self.beta = beta
        self.k = k

    def forward(self, input: Tensor) -> Tensor:
        return local_response_norm(input, self.size, self.alpha, self.beta, self.k)

    def extra_repr(self) -> str:
        return f"{self.size}, alpha={self.alpha}, beta={self.beta}, k={self.k}"
