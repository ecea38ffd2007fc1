"""The transpose of a convolution by a stride as several convolutions, each of which makes every so-many-th element."""

from __future__ import annotations

import itertools
import math
from typing import NamedTuple

from kytorch.kernels.columns import Geometry


class Phase(NamedTuple):
    """The elements of x at `where`, one in each stride, as a convolution of g by the taps `taps`, turned round."""

    where: tuple[slice, ...]
    taps: tuple[slice, ...]
    geometry: Geometry


def phases_of(geometry: Geometry) -> list[Phase]:
    """Which make up x together."""
    by_dimension = [
        [_phase_of(r, *sizes) for r in range(min(sizes[3], sizes[0]))]
        for sizes in zip(geometry.size, geometry.kernel, geometry.out, geometry.stride, geometry.dilation, geometry.low)
    ]
    phases = []
    for dims in itertools.product(*by_dimension):
        where, taps, size, kernel, out, dilation, low = zip(*dims)
        ones = (1,) * len(size)
        phases.append(Phase(where, taps, Geometry(size, kernel, out, ones, dilation, low, geometry.groups)))
    return phases


def _phase_of(
    r: int, size: int, kernel: int, out: int, stride: int, dilation: int, low: int
) -> tuple[slice, slice, int, int, int, int, int]:
    """In one dimension the elements r, r + stride, ..., which taps reach them, and the convolution that this is."""
    apart = stride // math.gcd(stride, dilation)
    last = max([k for k in range(kernel) if (k * dilation - low - r) % stride == 0], default=-1)
    count = 0 if last < 0 else last // apart + 1
    taps = slice(last, None, -apart) if count else slice(0)
    lead = (last * dilation - r - low) // stride
    return slice(r, size, stride), taps, out, count, -((r - size) // stride), dilation * apart // stride, lead
