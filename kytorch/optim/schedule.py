"""Schedules: pure functions of the step, counted from 0. `adam(gradients, state, lr=schedule(state.step))`.

Each has the numbers of PyTorch's scheduler of that name, in closed form, and stays at the last one after its end. It
can be pickled, and its repr is the call that made it.
"""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial, wraps
from itertools import pairwise
from typing import Literal, ParamSpec, TypeAlias, TypeVar

from kytorch.optim.checks import count, number

Schedule: TypeAlias = Callable[[int], float]
P = ParamSpec("P")
V = TypeVar("V")


class _Schedule:
    """A schedule that refuses what is no count of steps, and is shown and pickled as the call that made it."""

    __slots__ = ("_args", "_kwargs", "_make", "_value")

    def __init__(
        self, value: Schedule, make: Callable[..., Schedule], args: Iterable[object], kwargs: Mapping[str, object]
    ) -> None:
        self._value, self._make = value, make
        self._args = tuple(_frozen(x) for x in args)
        self._kwargs = {name: _frozen(x) for name, x in kwargs.items()}

    def __call__(self, step: int) -> float:
        if type(step) is not int or step < 0:
            step = count(self._make.__name__, "the step", step, least=0)
        try:
            return self._value(step)
        except OverflowError as error:
            raise ValueError(f"{self!r}: the value at step {step} is beyond what a float holds") from error

    def __repr__(self) -> str:
        arguments = [*map(repr, self._args), *[f"{name}={x!r}" for name, x in self._kwargs.items()]]
        return f"{self._make.__name__}({', '.join(arguments)})"

    def __reduce__(self) -> tuple[Callable[[], Schedule], tuple[()]]:
        return partial(self._make, *self._args, **self._kwargs), ()


def _frozen(argument: object) -> object:
    """`argument`, but a list as a tuple, which nobody changes afterwards."""
    return tuple(argument) if isinstance(argument, list) else argument


def _schedule(make: Callable[P, Schedule]) -> Callable[P, Schedule]:
    """`make`, its answer a _Schedule."""

    @wraps(make)
    def made(*args: P.args, **kwargs: P.kwargs) -> Schedule:
        return _Schedule(make(*args, **kwargs), made, args, kwargs)

    return made


@_schedule
def constant(lr: float) -> Schedule:
    """`lr` at every step."""
    rate = number("constant", "lr", lr)
    return lambda t: rate


@_schedule
def step(lr: float, step_size: int, gamma: float = 0.1) -> Schedule:
    """`lr`, times `gamma` after every `step_size` steps, as StepLR."""
    rate, size, factor = number("step", "lr", lr), count("step", "step_size", step_size), _factor("step", gamma)
    return lambda t: rate * factor ** (t // size)


@_schedule
def multi_step(lr: float, milestones: Sequence[int], gamma: float = 0.1) -> Schedule:
    """`lr`, times `gamma` from each of the `milestones` on, as MultiStepLR; one that is given twice counts twice."""
    rate, factor = number("multi_step", "lr", lr), _factor("multi_step", gamma)
    places = sorted(count("multi_step", "a milestone", place, least=0) for place in _listed("multi_step", milestones))
    return lambda t: rate * factor ** bisect_right(places, t)


@_schedule
def exponential(lr: float, gamma: float) -> Schedule:
    """`lr`, times `gamma` after every step, as ExponentialLR."""
    rate, factor = number("exponential", "lr", lr), _factor("exponential", gamma)
    return lambda t: rate * factor**t


@_schedule
def linear(lr: float, start_factor: float = 1 / 3, end_factor: float = 1.0, total_iters: int = 5) -> Schedule:
    """From `lr` times `start_factor` to `lr` times `end_factor`, both at most 1, in `total_iters` equal steps.

    As LinearLR, but it may start from 0.
    """
    rate, total = number("linear", "lr", lr), count("linear", "total_iters", total_iters)
    start = _at_most("linear", "start_factor", start_factor, 1.0)
    end = _at_most("linear", "end_factor", end_factor, 1.0)
    return lambda t: rate * _line(start, end, min(t, total) / total)


@_schedule
def polynomial(lr: float, total_iters: int, power: float = 1.0) -> Schedule:
    """From `lr` to 0 as lr (1 - t / total_iters)^power, as PolynomialLR."""
    rate, total = number("polynomial", "lr", lr), count("polynomial", "total_iters", total_iters)
    exponent = number("polynomial", "power", power, positive=True)
    return lambda t: rate * (1.0 - min(t, total) / total) ** exponent


@_schedule
def cosine(lr: float, T_max: int, eta_min: float = 0.0) -> Schedule:
    """From `lr` to `eta_min` in `T_max` steps along half a cosine (Loshchilov & Hutter 2017, equation 5).

    As CosineAnnealingLR up to `T_max`; PyTorch's goes up again from there, this stays at `eta_min`.
    """
    rate, least = number("cosine", "lr", lr), number("cosine", "eta_min", eta_min)
    total = count("cosine", "T_max", T_max)
    return lambda t: _half_cosine(rate, least, min(t, total) / total)


@_schedule
def cosine_restarts(lr: float, T_0: int, T_mult: int = 1, eta_min: float = 0.0) -> Schedule:
    """Cosines from `lr` to `eta_min` one after another, the first of `T_0` steps, each `T_mult` times as long.

    As CosineAnnealingWarmRestarts (Loshchilov & Hutter 2017, equation 5).
    """
    rate, least = number("cosine_restarts", "lr", lr), number("cosine_restarts", "eta_min", eta_min)
    first, times = count("cosine_restarts", "T_0", T_0), count("cosine_restarts", "T_mult", T_mult)

    def restarting(t: int) -> float:
        if times == 1:
            return _half_cosine(rate, least, t % first / first)
        length = first
        while t >= length:
            t, length = t - length, length * times
        return _half_cosine(rate, least, t / length)

    return restarting


@_schedule
def one_cycle(
    max_lr: float,
    total_steps: int,
    pct_start: float = 0.3,
    anneal_strategy: Literal["cos", "linear"] = "cos",
    div_factor: float = 25.0,
    final_div_factor: float = 1e4,
    three_phase: bool = False,
) -> Schedule:
    """Up from max_lr / div_factor to `max_lr`, and down to the first value / final_div_factor, as OneCycleLR.

    Up in the part `pct_start` of the steps 0 to total_steps - 1; in `three_phase` down to the first value in as many,
    and then further (Smith & Topin 2018).
    """
    name = "one_cycle"
    top, total = number(name, "max_lr", max_lr), count(name, "total_steps", total_steps)
    part = _at_most(name, "pct_start", pct_start, 0.5 if three_phase else 1.0)
    if anneal_strategy not in ("cos", "linear"):
        raise ValueError(f"{name}: anneal_strategy is {anneal_strategy!r}; it is to be 'cos' or 'linear'")
    first = top / number(name, "div_factor", div_factor, positive=True)
    last = first / number(name, "final_div_factor", final_div_factor, positive=True)
    ends, values = [part * total - 1, total - 1], [first, top, last]
    if three_phase:
        ends, values = [part * total - 1, 2 * part * total - 2, total - 1], [first, top, first, last]
    anneal = _half_cosine if anneal_strategy == "cos" else _line

    def cycling(t: int) -> float:
        start = 0.0
        for end, here, there in zip(ends, values, values[1:]):
            if t <= end:
                return anneal(here, there, (t - start) / (end - start) if end > start else 1.0)
            start = end
        return last

    return cycling


@_schedule
def piecewise(values: Sequence[float], boundaries: Sequence[int]) -> Schedule:
    """The first of `values` before the first of `boundaries`, the next one from it on, and so forth."""
    rates = [number("piecewise", "a value", value) for value in _listed("piecewise", values)]
    places = _between("piecewise", "values", len(rates), boundaries)
    return lambda t: rates[bisect_right(places, t)]


@_schedule
def join(schedules: Sequence[Schedule], boundaries: Sequence[int]) -> Schedule:
    """The first of `schedules` before the first of `boundaries`, the next one from it on, and so forth.

    Each counts its own steps from 0, as with SequentialLR.
    """
    parts = list(_listed("join", schedules))
    for part in parts:
        if not callable(part):
            raise TypeError(f"join: a schedule is a function of the step, not {type(part).__name__}")
    places = _between("join", "schedules", len(parts), boundaries)

    def joined(t: int) -> float:
        i = bisect_right(places, t)
        return parts[i](t - places[i - 1] if i else t)

    return joined


@_schedule
def warmup_cosine(
    lr: float, warmup_steps: int, total_steps: int, eta_min: float = 0.0, start_factor: float = 0.0
) -> Schedule:
    """From `lr` times `start_factor` up to `lr` in `warmup_steps`, and down a cosine to `eta_min` at `total_steps`.

    It is join([linear(...), cosine(...)], [warmup_steps]).
    """
    name = "warmup_cosine"
    warm, total = count(name, "warmup_steps", warmup_steps), count(name, "total_steps", total_steps)
    if total <= warm:
        raise ValueError(f"{name}: total_steps is {total}; it is to be above warmup_steps, {warm}")
    return join([linear(lr, start_factor, total_iters=warm), cosine(lr, total - warm, eta_min)], [warm])


# What they share


def _line(start: float, end: float, part: float) -> float:
    return start * (1.0 - part) + end * part  # exact at both ends


def _half_cosine(start: float, end: float, part: float) -> float:
    return _line(end, start, (1.0 + math.cos(math.pi * part)) / 2.0)


def _factor(name: str, gamma: float) -> float:
    return number(name, "gamma", gamma, positive=True)


def _at_most(operation: str, name: str, value: float, most: float) -> float:
    part = number(operation, name, value)
    if part > most:
        raise ValueError(f"{operation}: {name} is {part}; it is to be at most {most}")
    return part


def _listed(operation: str, values: Sequence[V]) -> Sequence[V]:
    if isinstance(values, str) or not isinstance(values, Sequence):
        raise TypeError(f"{operation}: expected a list, not {type(values).__name__}")
    return values


def _between(operation: str, what: str, parts: int, boundaries: Sequence[int]) -> list[int]:
    """The `boundaries` between that many parts, checked."""
    places = [count(operation, "a boundary", place) for place in _listed(operation, boundaries)]
    if len(places) != parts - 1:
        raise ValueError(f"{operation}: {parts} {what} take {max(parts - 1, 0)} boundaries, got {len(places)}")
    if any(a >= b for a, b in pairwise(places)):
        raise ValueError(f"{operation}: boundaries are to rise, not {places}")
    return places
