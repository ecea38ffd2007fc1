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
import operator
from collections import deque
from collections.abc import Sequence
from typing import TypeAlias

import numpy as np

from kytorch.optim.blockwise import JOINED, SMALL, WEIGHTS, Layout, Part, Scratch, is_turned, moved, remember
from kytorch.optim.checks import refuse_bad_gradients, refuse_other_kinds, refuse_overflow, update
from kytorch.optim.recycling import Before, Cut, Known, Spare, fresh
from kytorch.optim.rule import Rule
from kytorch.optim.state import ByWeight, S, State, succeeded, working_dtype
from kytorch.tensor.core import Gradients, TrainableWeight
from kytorch.tensor.values import Array

# Elements of the weights that move together: then their old arrays are let go, before the next ones' new are made.
_TOGETHER = 1 << 19

# A finite number stays finite when less than half the distance of its dtype's two largest is added; a quarter leaves
# room for the rounding of a bound.
_SURELY_FINITE = {
    char: float(np.finfo(char).max - np.nextafter(np.finfo(char).max, np.zeros((), char))) / 4.0 for char in "efd"
}


# What is not finite is refused below, and so NumPy need not warn of it.
@np.errstate(all="ignore")
def stepped(operation: str, gradients: Gradients, state: S, rule: Rule) -> S:
    """Make one step of `rule` and answer the new state. Raises ValueError or TypeError before any weight changes.

    A KeyboardInterrupt, too, finds all weights moved or none.
    A number `step` of the state is one more; of the listed weights `steps` and the arrays of the rule's fields are new,
    and everything else is as it was.
    """
    spare: Spare = getattr(state, "_spare", {})
    before: Before = getattr(state, "_before", {})
    parts, values = _prepared(operation, gradients, state, rule, spare, before)
    scratch: list[Scratch] = []
    foreseen = [part.was is not None for part in parts]
    outs: list[Array] | None = None
    if all(foreseen) and (len(parts) == 1 or sum(map(_size, parts)) <= _TOGETHER):
        outs = moved(parts, scratch, spare, at_once=True)
    else:
        remember(parts, scratch)
    finite = _bounded(parts)
    if any(foreseen) and not finite:
        outs = None
        remember(parts, scratch)  # with a look at all of it
        finite = _bounded(parts)
    if not finite:
        _refuse_what_is_not_finite(operation, gradients, parts)
    if hasattr(state, "step"):
        values["step"] = state.step + 1
    values.update(_remembered(state, rule, parts))
    successor = succeeded(state, values)
    kept = {part.weights[0]: part.recyclable() for part in parts}
    object.__setattr__(successor, "_spare", kept)
    object.__setattr__(successor, "_before", {part.weights: Known(part.new, part.most, part.cuts) for part in parts})
    short = -1.0 <= rule.keep <= 1.0 and all(map(_is_short, parts))
    if short and outs is None:
        waiting = deque(sorted(parts, key=_size))  # so that what one lets go fits the next
        del parts  # which hold the old arrays
        _move_all(waiting, scratch, spare, kept)
        return successor
    if outs is None:
        outs = moved(parts, scratch, spare)
    new: dict[TrainableWeight, Array] = {}
    for part, out in zip(parts, outs):
        new.update(zip(part.weights, part.cut(out, WEIGHTS)))
    in_order = [new[weight] for _, weight in gradients]
    if not short:
        refuse_overflow(operation, in_order, in_order)
    update(gradients, in_order)
    _keep(kept, parts)
    return successor


# A small weight, whether its arrays are turned, its gradient, its array, and what is remembered of it.
_Small: TypeAlias = tuple[TrainableWeight, bool, Array, Array, list[Array | None]]


def _prepared(
    operation: str, gradients: Gradients, state: State, rule: Rule, spare: Spare, before: Before
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
    together: dict[tuple[int, float, str, tuple[type, ...]], list[_Small]] = {}
    parts: list[Part] = []
    for gradient, weight in gradients:
        g, w = gradient._data, weight._data
        shape = w.shape
        if g.shape != shape or g.dtype != w.dtype:
            refuse_bad_gradients(operation, gradients)
        fields = rule.fields_of(shape)
        shapes = [shape] * len(fields)
        if not rule.elementwise:
            shapes = [state.expected_shape(field, weight) for field in fields]
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
        for array, expected in zip(old, shapes):
            if array is not None and (array.dtype is not dtype or array.shape != expected):
                state.check(operation, [weight for _, weight in gradients])
        if rule.elementwise and w.size <= SMALL and (turned := is_turned(w)) is not None:
            key = step, product, w.dtype.char, tuple(map(type, old))  # of arrays, or of None
            together.setdefault(key, []).append((weight, turned, g, w, old))
            continue
        part = Part(own, fields, (weight,), g, w, old)
        parts.append(part)
        recyclable = spare.get(weight)
        part.new = [
            fresh(w, dtype, recyclable) if expected == shape else np.empty_like(w, dtype, shape=expected)
            for expected in shapes
        ]
    for (count, product, *_), entries in together.items():
        parts += [_joined(rules[count, product], few, before) for few in _bundles(entries)]
    for part in parts:
        part.recall(before.get(part.weights))
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


def _joined(rule: Rule, entries: list[_Small], before: Before) -> Part:
    """Small weights as one."""
    weights, turned, gs, ws, olds = zip(*entries)
    known = before.get(weights)
    cuts: dict[str, Cut] = {} if known is None else known.cuts
    w = _whole(ws, turned, cuts.get(WEIGHTS))
    old = [
        None if some[0] is None else _whole(some, turned, cuts.get(field))
        for field, some in zip(rule.fields, zip(*olds))
    ]
    layouts: list[Layout] = []
    start = 0
    for x, it in zip(ws, turned):
        shape, stop = x.shape, start + x.size
        layouts.append((slice(start, stop), None if len(shape) == 1 else shape[::-1] if it else shape, it))
        start = stop
    part = Part(rule, rule.fields, weights, _whole(gs, turned), w, old, layouts)
    part.new = [np.empty_like(w, part.dtype) for _ in rule.fields]
    return part


def _whole(arrays: Sequence[Array], turned: Sequence[bool], cut: Cut | None = None) -> Array:
    """`arrays` as one: that of `cut`, if it was cut into them."""
    if cut is not None and all(map(operator.is_, arrays, cut.pieces)):
        return cut.whole
    return np.concatenate([x.T if it else x for x, it in zip(arrays, turned)], None)


def _refuse_what_is_not_finite(operation: str, gradients: Gradients, parts: list[Part]) -> None:
    """Raise if a gradient or what is remembered is not finite; it may be their squares alone that overflowed."""
    refuse_bad_gradients(operation, gradients)
    worst = {weight: weight._data for _, weight in gradients}
    for part in parts:
        for new in part.new:
            worst.update([pair for pair in zip(part.weights, part.cut(new)) if not np.isfinite(pair[1]).all()])
    refuse_overflow(operation, worst.values(), worst.values())


def _remembered(state: State, rule: Rule, parts: list[Part]) -> dict[str, ByWeight]:
    """What the new state has in the rule's fields."""
    by_field: dict[str, dict[TrainableWeight, Array]] = {field: dict(getattr(state, field)) for field in rule.fields}
    for part in parts:
        for field, new in zip(part.fields, part.new):
            by_field[field].update(zip(part.weights, part.cut(new, field)))
    return dict(by_field)


def _bounded(parts: list[Part]) -> bool:
    """Whether what the state is to remember is finite for sure."""
    found = [part.bounded() for part in parts]
    return all(found)


def _size(part: Part) -> int:
    return part.w.size


def _is_short(part: Part) -> bool:
    """Whether the step is so short that the weights stay finite for sure."""
    return part.rule.reach([x * x for x in part.most]) < _SURELY_FINITE[part.w.dtype.char]


def _move_all(waiting: deque[Part], scratch: list[Scratch], spare: Spare, kept: Spare) -> None:
    """Give the weights of `waiting`, which is emptied, their new arrays, some at a time."""
    group: list[Part] = []
    try:
        while waiting:
            group, size = [], 0  # and so the old arrays of the group before are let go
            while len(group) < len(waiting) and size < _TOGETHER:
                group.append(waiting[len(group)])
                size += group[-1].w.size
            outs = moved(group, scratch, spare)
            for part, out in zip(group, outs):
                part.replace(out)
            del part
            for _ in group:
                waiting.popleft()
        _keep(kept, group)  # there is memory for as much anyway
    except KeyboardInterrupt:  # all or nothing, and something may have been done
        _move_all(waiting, scratch, spare, kept)
        raise


def _keep(kept: Spare, parts: Sequence[Part]) -> None:
    """Have the step after the next write to the weights' arrays of before this one."""
    for part in parts:
        if part.layouts is None:
            kept[part.weights[0]].append(part.w)
