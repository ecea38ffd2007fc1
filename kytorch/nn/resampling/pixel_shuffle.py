"""Channels made pixels and back (Shi et al. 2016), and channels put in another order."""

from __future__ import annotations

from kytorch.kernels import resampling as kernels
from kytorch.nn.checks import check_positive
from kytorch.nn.module import Module
from kytorch.tensor.core import A, Tensor, UnaryGradFn
from kytorch.tensor.errors import not_tensors


class PixelShuffleGradFn(UnaryGradFn):
    """y[c, h r + i, w r + j] = x[(c r + i) r + j, h, w]"""

    __slots__ = ("_r",)

    def __init__(self, r: int) -> None:
        self._r = r

    def vjp(self, g: A) -> A:
        return _unshuffled(g, self._r)


class PixelUnshuffleGradFn(UnaryGradFn):
    """y[(c r + i) r + j, h, w] = x[c, h r + i, w r + j]"""

    __slots__ = ("_r",)

    def __init__(self, r: int) -> None:
        self._r = r

    def vjp(self, g: A) -> A:
        return _shuffled(g, self._r)


def _shuffled(x: A, r: int) -> A:
    if isinstance(x, Tensor):
        return PixelShuffleGradFn(r).record(kernels.shuffled(x._data, r), x)
    return kernels.shuffled(x, r)


def _unshuffled(x: A, r: int) -> A:
    if isinstance(x, Tensor):
        return PixelUnshuffleGradFn(r).record(kernels.unshuffled(x._data, r), x)
    return kernels.unshuffled(x, r)


def pixel_shuffle(input: Tensor, upscale_factor: int) -> Tensor:
    """Images of (..., C r^2, H, W) as images of (..., C, H r, W r): each r^2 channels are r by r pixels.

    Raises ValueError for a number of channels that r^2 does not divide.
    """
    check_positive("pixel_shuffle", upscale_factor=upscale_factor)
    r = upscale_factor
    _check_images("pixel_shuffle", input)
    if input.shape[-3] % r**2:
        raise ValueError(
            f"pixel_shuffle: the {input.shape[-3]} channels of shape {input.shape} do not make {r} by {r} pixels; "
            f"expected a multiple of {r**2}"
        )
    return _shuffled(input, r)


def pixel_unshuffle(input: Tensor, downscale_factor: int) -> Tensor:
    """Images of (..., C, H r, W r) as images of (..., C r^2, H, W), the inverse of `pixel_shuffle`.

    Raises ValueError for a height or width that r does not divide.
    """
    check_positive("pixel_unshuffle", downscale_factor=downscale_factor)
    r = downscale_factor
    _check_images("pixel_unshuffle", input)
    if input.shape[-2] % r or input.shape[-1] % r:
        raise ValueError(
            f"pixel_unshuffle: images of {input.shape[-2:]} in shape {input.shape} are not made of {r} by {r} pixels"
        )
    return _unshuffled(input, r)


def channel_shuffle(input: Tensor, groups: int) -> Tensor:
    """The channels of (N, C, ...), in `groups` one behind the other, in turn from each group (Zhang et al. 2018).

    Raises ValueError for a number of channels that `groups` does not divide.
    """
    check_positive("channel_shuffle", groups=groups)
    if type(input) is not Tensor:
        raise not_tensors("channel_shuffle", input)
    if input.ndim < 3 or input.shape[1] % groups:
        raise ValueError(
            f"channel_shuffle: expected shape (N, C, ...) with C a multiple of {groups} groups, not {input.shape}"
        )
    n, channels, *size = input.shape
    parts = input.reshape(n, groups, channels // groups, *size)
    return parts.transpose(1, 2).reshape(input.shape)


def _check_images(name: str, input: Tensor) -> None:
    if type(input) is not Tensor:
        raise not_tensors(name, input)
    if input._data.ndim < 3:
        raise ValueError(f"{name}: expected images of shape (..., C, H, W), not {input.shape}")


class PixelShuffle(Module):
    """Images of (..., C r^2, H, W) as images of (..., C, H r, W r), r being `upscale_factor`."""

    def __init__(self, upscale_factor: int) -> None:
        check_positive("PixelShuffle", upscale_factor=upscale_factor)
        self.upscale_factor = upscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return pixel_shuffle(input, self.upscale_factor)

    def extra_repr(self) -> str:
        return f"upscale_factor={self.upscale_factor}"


class PixelUnshuffle(Module):
    """Images of (..., C, H r, W r) as images of (..., C r^2, H, W), r being `downscale_factor`."""

    def __init__(self, downscale_factor: int) -> None:
        check_positive("PixelUnshuffle", downscale_factor=downscale_factor)
        self.downscale_factor = downscale_factor

    def forward(self, input: Tensor) -> Tensor:
        return pixel_unshuffle(input, self.downscale_factor)

    def extra_repr(self) -> str:
        return f"downscale_factor={self.downscale_factor}"


class ChannelShuffle(Module):
    """The channels of (N, C, ...), in `groups` one behind the other, in turn from each group."""

    def __init__(self, groups: int) -> None:
        check_positive("ChannelShuffle", groups=groups)
        self.groups = groups

    def forward(self, input: Tensor) -> Tensor:
        return channel_shuffle(input, self.groups)

    def extra_repr(self) -> str:
        return f"groups={self.groups}"
