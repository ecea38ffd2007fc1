"""Where a token stands in its sequence, told to layers that do not know: sinusoidal and rotary position encodings."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from kytorch.nn.checks import check_numbers
from kytorch.nn.module import Module
from kytorch.tensor.core import CONSTANT, A, Tensor, UnaryGradFn, make
from kytorch.tensor.errors import not_tensors
from kytorch.tensor.values import Array, lock

# Few are kept, since one may be as large as the tokens of an example.
_KEPT = 4


def _waves(length: int, width: int, offset: int, base: float, char: str) -> tuple[Array, Array]:
    """sin and cos of (offset + i) base^(-2 j / width) for i < length and 2 j < width."""
    frequencies = base ** (-np.arange(0, width, 2) / width)
    angles = np.arange(offset, offset + length)[:, None] * frequencies
    sin, cos = np.sin(angles).astype(char), np.cos(angles).astype(char)
    lock(sin)
    lock(cos)
    return sin, cos


_kept_waves = lru_cache(_KEPT)(_waves)


def _check(name: str, input: Tensor, offset: int) -> None:
    if type(input) is not Tensor:
        raise not_tensors(name, input)
    if input.dtype.kind != "f":
        raise TypeError(f"{name}: expected a Tensor of floats, not of {input.dtype}")
    if input.ndim < 2:
        raise ValueError(f"{name}: expected a shape (..., length, width), not {input.shape}")
    _check_offset(name, offset)


def _check_offset(name: str, offset: int) -> None:
    if not isinstance(offset, int):
        raise TypeError(f"{name}: the offset is to be an int, not {type(offset).__name__}")
    if offset < 0:
        raise ValueError(f"{name}: the offset is to be at least 0, not {offset}")


def _check_base(name: str, base: float) -> None:
    check_numbers(name, base=base)
    if not base > 0:
        raise ValueError(f"{name}: the base is to be positive, not {base}")


def sinusoidal_positions(input: Tensor, offset: int = 0, base: float = 10000.0) -> Tensor:
    """`input`, of shape (..., length, width), plus its positions' encoding (Vaswani et al. 2017, section 3.5).

    Features 2 j and 2 j + 1 of the token at p, counted from `offset`, get sin and cos of p / base^(2 j / width).
    """
    _check("sinusoidal_positions", input, offset)
    _check_base("sinusoidal_positions", base)
    return input + make(_encoding(*input.shape[-2:], offset, base, input.dtype.char), CONSTANT)


@lru_cache(_KEPT)
def _encoding(length: int, width: int, offset: int, base: float, char: str) -> Array:
    sin, cos = _waves(length, width, offset, base, char)
    return np.stack([sin, cos], -1).reshape(length, width + width % 2)[:, :width]


class SinusoidalPositions(Module):
    """Adds the encoding of positions to tokens (N, L, E), or (L, N, E) unless `batch_first`, or (L, E)."""

    def __init__(self, base: float = 10000.0, batch_first: bool = False) -> None:
        _check_base("SinusoidalPositions", base)
        self.base = base
        self.batch_first = batch_first

    def forward(self, input: Tensor, offset: int = 0) -> Tensor:
        """`offset` is the position of the first token."""
        if self.batch_first or input.ndim != 3:
            return sinusoidal_positions(input, offset, self.base)
        return sinusoidal_positions(input.transpose(0, 1), offset, self.base).transpose(0, 1)

    def extra_repr(self) -> str:
        return f"base={self.base}, batch_first={self.batch_first}"


class RotaryGradFn(UnaryGradFn):
    """y = each pair of x turned by its angle,  dy = each pair of dx turned likewise"""

    __slots__ = ("_cos", "_interleaved", "_sin")

    def __init__(self, sin: Array, cos: Array, interleaved: bool) -> None:
        self._sin = sin
        self._cos = cos
        self._interleaved = interleaved

    def vjp(self, g: A) -> A:
        return _turned(g, -self._sin, self._cos, self._interleaved)


def _turned(x: A, sin: Array, cos: Array, interleaved: bool) -> A:
    """(a cos - b sin, a sin + b cos) for each pair (a, b) of x."""
    if isinstance(x, Tensor):
        return RotaryGradFn(sin, cos, interleaved).record(_turned(x._data, sin, cos, interleaved), x)
    half = x.shape[-1] // 2
    firsts, seconds = (slice(0, None, 2), slice(1, None, 2)) if interleaved else (slice(half), slice(half, None))
    a, b = x[..., firsts], x[..., seconds]
    y: Array = np.empty_like(x)
    np.subtract(a * cos, b * sin, out=y[..., firsts])
    np.add(a * sin, b * cos, out=y[..., seconds])
    return y


def rotary_positions(input: Tensor, offset: int = 0, base: float = 10000.0, interleaved: bool = True) -> Tensor:
    """Queries or keys (..., length, width), their pairs of features turned by angles that grow with the position.

    Pair j of the token at p, counted from `offset`, is turned by p / base^(2 j / width), so that the product of a query
    and a key depends on how far apart they are (Su et al. 2021, eq. 34). Pairs are the features (2 j, 2 j + 1), as
    there, or unless `interleaved` (j, width / 2 + j). Raises ValueError for an odd width.
    """
    name = "rotary_positions"
    _check(name, input, offset)
    _check_base(name, base)
    length, width = input.shape[-2:]
    if width % 2:
        raise ValueError(f"{name}: the width of {input.shape} is to be even, since features are turned in pairs")
    return _turned(input, *_kept_waves(length, width, offset, base, input.dtype.char), interleaved)


class RotaryPositions(Module):
    """Turns the pairs of features of queries or keys (..., L, E) by angles that grow with the position."""

    def __init__(self, base: float = 10000.0, interleaved: bool = True) -> None:
        _check_base("RotaryPositions", base)
        self.base = base
        self.interleaved = interleaved

    def forward(self, input: Tensor, offset: int = 0) -> Tensor:
        """`offset` is the position of the first token."""
        return rotary_positions(input, offset, self.base, self.interleaved)

    def extra_repr(self) -> str:
        return f"base={self.base}, interleaved={self.interleaved}"
