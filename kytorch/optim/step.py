"""One step of an optimizer that remembers: all is checked and computed before the first weight changes.

An optimizer is a `Rule`, array code that knows nothing of weights or states, and a function that calls `stepped`:

    class _Rule(Rule):
        fields = ("velocity",)  # of the state: an array for each weight

        def __init__(self, rate: float, momentum: float) -> None:
            self.rate, self.momentum = rate, momentum

        def remember(self, g, old, new, scratch):
            np.multiply(old[0], self.momentum, out=new[0])
            new[0] += g

        def move(self, g, w, old, new, out, scratch):
            np.multiply(new[0], -self.rate, out=out)

    def descend(gradients: Gradients, state: VelocityState, *, lr: float, momentum: float = 0.9) -> VelocityState:
        refuse_other_state("descend", state, VelocityState)
        return stepped("descend", gradients, state, _Rule(number("descend", "lr", lr), momentum))
"""

from __future__ import annotations

import copy
import math
from collections import deque
from collections.abc import Sequence
from typing import NamedTuple, TypeAlias

import numpy as np

from kytorch.optim.blockwise import JOINED, SMALL, Part, Scratch, is_turned, moved, remember
from kytorch.optim.checks import refuse_bad_gradients, refuse_other_kinds, refuse_overflow
from kytorch.optim.recycling import Joined, Spare, fresh
from kytorch.optim.rule import Rule
from kytorch.optim.state import ByWeight, S, State, succeeded, working_dtype
from kytorch.tensor.core import Gradients, TrainableWeight
from kytorch.tensor.values import Array

# Elements of the weights that move together: then their old arrays are let go, before the next ones' new are made.
_TOGETHER = 1 << 18

# A finite number stays finite when less than half the distance of its dtype's two largest is added; a quarter leaves
# room for the rounding of a bound.
_SURELY_FINITE = {
    char: float(np.finfo(char).max - np.nextafter(np.finfo(char).max, np.zeros((), char))) / 4.0 for char in "efd"
}


# What is not finite is refused below, and so NumPy need not warn of it.
@np.errstate(all="ignore")
def stepped(operation: str, gradients: Gradients, state: S, rule: Rule) -> S:
    """Make one step of `rule` and answer the new state. Raises ValueError or TypeError before any weight changes.

    A number `step` of the state is one more; of the listed weights `steps` and the arrays of the rule's fields are new,
    and everything else is as it was.
    """
    spare: Spare = getattr(state, "_spare", {})
    parts, values = _prepared(operation, gradients, state, rule, spare)
    scratch: list[Scratch] = []
    remember(parts, scratch)
    squares = [part.squares() for part in parts]
    if not math.isfinite(sum(map(sum, squares))):
        _refuse_what_is_not_finite(operation, gradients, parts)
    if hasattr(state, "step"):
        values["step"] = state.step + 1
    values.update([(field, _remembered(state, field, parts)) for field in rule.fields])
    successor = succeeded(state, values)
    kept = _Kept({part.weights[0]: part.recyclable() for part in parts}, {})
    object.__setattr__(successor, "_spare", kept.spare)
    object.__setattr__(successor, "_joined", kept.joined)
    if -1.0 <= rule.keep <= 1.0 and all(map(_is_short, parts, squares)):
        waiting = deque(sorted(parts, key=_size))  # so that what one lets go fits the next
        del parts  # which hold the old arrays
        _move_all(waiting, scratch, spare, kept)
    else:
        outs = moved(parts, scratch, spare)
        new = [array for part, out in zip(parts, outs) for _, array in part.by_weight(out)]
        refuse_overflow(operation, new, new)
        for part, out in zip(parts, outs):
            kept.replace(part, out)
    return successor


class _Kept(NamedTuple):
    """What the new state keeps for the sake of the next step's speed."""

    spare: Spare
    joined: Joined

    def replace(self, part: Part, array: Array) -> None:
        """Give the weights of `part` their new array."""
        part.replace(array)
        if part.layouts is not None:
            self.joined[part.weights] = {**dict(zip(part.fields, part.new)), _WEIGHTS: array}


_WEIGHTS = ""  # beside the names of fields
# A small weight, whether its arrays are turned, its gradient, its array, and what is remembered of it.
_Small: TypeAlias = tuple[TrainableWeight, bool, Array, Array, list[Array | None]]


def _prepared(
    operation: str, gradients: Gradients, state: State, rule: Rule, spare: Spare
) -> tuple[list[Part], dict[str, object]]:
    """The parts, with arrays for what is to be remembered, and the state's new counts and factors."""
    refuse_other_kinds(operation, gradients)
    if len({weight for _, weight in gradients}) != len(gradients):
        refuse_bad_gradients(operation, gradients)
    values: dict[str, object] = {}
    steps: dict[TrainableWeight, int] | None = None
    products: dict[TrainableWeight, float] | None = None
    if hasattr(state, "steps"):
        values["steps"] = steps = dict(state.steps)
    if rule.factor is not None:
        values[rule.factor] = products = dict(getattr(state, rule.factor))
    by_field: dict[str, ByWeight] = {field: getattr(state, field) for field in rule.fields}
    step, product = 1, 1.0
    rules: dict[tuple[int, float], Rule] = {}
    together: dict[tuple[int, float, str, tuple[bool, ...]], list[_Small]] = {}
    parts: list[Part] = []
    for gradient, weight in gradients:
        g, w = gradient._data, weight._data
        if g.shape != w.shape or g.dtype != w.dtype:
            refuse_bad_gradients(operation, gradients)
        fields = rule.fields_of(w.shape)
        old = [by_field[field].get(weight) for field in fields]
        if steps is not None:
            steps[weight] = step = steps.get(weight, 0) + 1
        elif fields:
            step = 1 if old[0] is None else 2
        if products is not None:
            product = products.get(weight, 1.0)
        own = rules.get((step, product))
        if own is None:  # one count for all weights is the rule
            own = rules[step, product] = copy.copy(rule) if rules else rule
            own.product = product
            own.at(step)
        if products is not None:
            products[weight] = own.product
        dtype = working_dtype(weight)
        for field, array in zip(fields, old):
            if array is not None and (
                array.dtype is not dtype
                or array.shape != (w.shape if rule.elementwise else state.expected_shape(field, weight))
            ):
                state.check(operation, [weight for _, weight in gradients])
        if rule.elementwise and w.size <= SMALL and (turned := is_turned(w)) is not None:
            if turned:
                g, w, old = g.T, w.T, [None if x is None else x.T for x in old]
            key = step, product, w.dtype.char, tuple([array is None for array in old])
            together.setdefault(key, []).append((weight, turned, g, w, old))
            continue
        part = Part(own, fields, (weight,), g, w, old)
        parts.append(part)
        recyclable = spare.get(weight)
        for field in fields:
            shape = w.shape if rule.elementwise else state.expected_shape(field, weight)
            if shape == w.shape:
                part.new.append(fresh(w, dtype, recyclable))
            else:
                part.new.append(np.empty_like(w, dtype, shape=shape))
    before: Joined = getattr(state, "_joined", {})
    for (count, product, *_), entries in together.items():
        parts += [_joined(rules[count, product], few, before) for few in _bundles(entries)]
    return parts, values


def _bundles(entries: list[_Small]) -> list[list[_Small]]:
    """The small weights, in bundles that are not too large to be copied quickly."""
    bundles: list[list[_Small]] = []
    size = 0
    for entry in entries:
        size += entry[3].size
        if not bundles or size > JOINED:
            bundles.append([])
            size = entry[3].size
        bundles[-1].append(entry)
    return bundles


def _joined(rule: Rule, entries: list[_Small], before: Joined) -> Part:
    """Small weights as one."""
    weights, turned, gs, ws, olds = zip(*entries)
    known = before.get(weights, {})
    w = _whole(ws, known.get(_WEIGHTS))
    old = [None if some[0] is None else _whole(some, known.get(field)) for field, some in zip(rule.fields, zip(*olds))]
    layouts = [(x.shape, it) for x, it in zip(ws, turned)]
    part = Part(rule, rule.fields, weights, np.concatenate(gs, None), w, old, layouts)
    part.new = [np.empty_like(w, part.dtype) for _ in rule.fields]
    return part


def _whole(arrays: Sequence[Array], known: Array | None) -> Array:
    """`arrays` as one: `known`, if they still are what the step before cut it into."""
    if known is not None and all(x.base is known for x in arrays):
        return known
    return np.concatenate(arrays, None)


def _refuse_what_is_not_finite(operation: str, gradients: Gradients, parts: list[Part]) -> None:
    """Raise if a gradient or what is remembered is not finite; it may be their squares alone that overflowed."""
    refuse_bad_gradients(operation, gradients)
    worst = {weight: weight._data for _, weight in gradients}
    for part in parts:
        for new in part.new:
            worst.update([pair for pair in part.by_weight(new) if not np.isfinite(pair[1]).all()])
    refuse_overflow(operation, worst.values(), worst.values())


def _remembered(state: State, field: str, parts: list[Part]) -> ByWeight:
    """What the new state has in `field`."""
    by_weight = dict(getattr(state, field))
    for part in parts:
        if field in part.fields:
            by_weight.update(part.by_weight(part.new[part.fields.index(field)]))
    return by_weight


def _size(part: Part) -> int:
    return part.w.size


def _is_short(part: Part, squares: Sequence[float]) -> bool:
    """Whether the step is so short that the weights stay finite for sure."""
    return part.rule.reach(squares) < _SURELY_FINITE[part.w.dtype.char]


def _move_all(parts: deque[Part], scratch: list[Scratch], spare: Spare, kept: _Kept) -> None:
    """Give the weights of `parts`, which is emptied, their new arrays, some at a time."""
    try:
        while parts:
            size = count = 0
            while count < len(parts) and size < _TOGETHER:
                size += parts[count].w.size
                count += 1
            outs = moved([parts[i] for i in range(count)], scratch, spare)
            is_last = count == len(parts)
            for array in outs:
                kept.replace(parts[0], array)
                part = parts.popleft()
                if is_last and part.layouts is None:  # there is memory for as much anyway
                    kept.spare[part.weights[0]].append(part.w)
                del part  # and with it the old array
    except KeyboardInterrupt:  # all or nothing, and something has been done
        _move_all(parts, scratch, spare, kept)
        raise
