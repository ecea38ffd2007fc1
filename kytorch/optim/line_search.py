"""The line search for the strong Wolfe conditions (Nocedal & Wright 2006, Algorithms 3.5 and 3.6)."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import NamedTuple

from kytorch.tensor.values import Array

# The constants of the two conditions, as the book has them for quasi-Newton methods.
_DECREASE, _CURVATURE = 1e-4, 0.9


class Point(NamedTuple):
    """A place on the line: the step's length, and there the loss, its slope along the line, and its gradient."""

    length: float
    loss: float
    slope: float
    gradient: Array


def strong_wolfe(
    at: Callable[[float], Point], start: Point, length: float, size: float, tolerance: float, most: int
) -> tuple[Point, int]:
    """A point on the line with a smaller loss than `start` and a flatter slope, and how often `at` was called.

    `length` is the first one tried, `size` that of the direction's greatest element. The search ends where it would
    move no element by `tolerance`, and after `most` + 1 calls, then with the best point that it has.
    """

    def too_high(point: Point) -> bool:
        return point.loss > start.loss + _DECREASE * point.length * start.slope

    def flat(point: Point) -> bool:
        return abs(point.slope) <= -_CURVATURE * start.slope

    # Algorithm 3.5: go ahead until a good point lies between the last two.
    before, point, tries = start, at(length), 0
    while tries < most:
        if too_high(point) or (tries > 1 and point.loss >= before.loss):
            break
        if flat(point):
            return point, tries + 1
        if point.slope >= 0.0:
            break
        longer = _least_of_cubic(
            before, point, point.length + 0.01 * (point.length - before.length), point.length * 10.0
        )
        before, point, tries = point, at(longer), tries + 1
    else:
        return (start if start.loss <= point.loss else point), tries + 1

    # Algorithm 3.6: draw the bracket together, `low` the place of its end with the smaller loss.
    ends = [before, point]
    low = _lower(ends)
    near_an_end = False
    while tries < most and abs(ends[1].length - ends[0].length) * size >= tolerance:
        least, greatest = sorted(end.length for end in ends)
        length = _least_of_cubic(ends[0], ends[1], least, greatest)
        margin = 0.1 * (greatest - least)
        if min(greatest - length, length - least) >= margin:
            near_an_end = False
        elif near_an_end or length >= greatest or length <= least:  # the second time: away from the end
            length = greatest - margin if abs(length - greatest) < abs(length - least) else least + margin
            near_an_end = False
        else:
            near_an_end = True
        point, tries = at(length), tries + 1
        if too_high(point) or point.loss >= ends[low].loss:
            ends[1 - low] = point
            low = _lower(ends)
            continue
        if flat(point):
            return point, tries + 1
        if point.slope * (ends[1 - low].length - ends[low].length) >= 0.0:
            ends[1 - low] = ends[low]
        ends[low] = point
    return ends[low], tries + 1


def _lower(ends: list[Point]) -> int:
    return 0 if ends[0].loss <= ends[1].loss else 1


def _least_of_cubic(a: Point, b: Point, least: float, greatest: float) -> float:
    """The length in [least, greatest] at which the cubic through both points and slopes is smallest (equation 3.59)."""
    if a.length > b.length:
        a, b = b, a
    middle = (least + greatest) / 2.0
    if a.length == b.length:
        return middle
    d1 = a.slope + b.slope - 3.0 * (a.loss - b.loss) / (a.length - b.length)
    square = d1 * d1 - a.slope * b.slope
    if not 0.0 <= square < math.inf:
        return middle
    d2 = math.sqrt(square)
    if not (across := b.slope - a.slope + 2.0 * d2):
        return middle
    return min(max(b.length - (b.length - a.length) * ((b.slope + d2 - d1) / across), least), greatest)
