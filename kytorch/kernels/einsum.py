"""Sums of products of arrays whose dimensions have letters, by matrix products where that can be."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from kytorch.kernels.matmul import matmul

Array = npt.NDArray[Any]
Step = Callable[[list[Array]], None]
Shapes = tuple[tuple[int, ...], ...]


def einsum(terms: tuple[str, ...], output: str, arrays: Sequence[Array]) -> Array:
    """The sum over all letters that are not in `output`; each of `terms` has one letter for each dimension.

    A size of 1 is repeated to the size that the letter has elsewhere. The answer may be a view of an operand.
    """
    operands = list(arrays)
    for step in _plan(terms, output, tuple([x.shape for x in operands])):
        step(operands)
    return operands[0]


@lru_cache(1024)
def _plan(terms: tuple[str, ...], output: str, shapes: Shapes) -> tuple[Step, ...]:
    """The steps: each replaces one or two of the operands."""
    size: dict[str, int] = {}
    for term, shape in zip(terms, shapes):
        for letter, n in zip(term, shape):
            size[letter] = n if size.get(letter, 1) == 1 else size[letter]
    steps: list[Step] = []
    left: list[str] = []
    for i, (term, shape) in enumerate(zip(terms, shapes)):
        if len(set(term)) < len(term):
            distinct = "".join(dict.fromkeys(term))
            steps.append(_diagonal(i, term, distinct))
            shape = tuple([shape[term.index(letter)] for letter in distinct])
            term = distinct
        # A repeated size of 1 is left out, unless nothing else would say how often it is repeated.
        stretched = tuple([axis for axis, letter in enumerate(term) if shape[axis] == 1 != size[letter]])
        if stretched:
            steps.append(_squeezed(i, stretched))
            term = "".join([letter for axis, letter in enumerate(term) if axis not in stretched])
        left.append(term)
    for first, second in _order(terms, output, shapes):
        b, a = left.pop(second), left.pop(first)
        wanted = set(output).union(*left)
        step, result = _pair(first, second, a, b, "".join(x for x in output if x in a + b) if not left else "", wanted,
                             size)  # fmt: skip
        steps.append(step)
        left.append(result)
    steps.extend(_last(left[0], output))
    return tuple(steps)


def _order(terms: tuple[str, ...], output: str, shapes: Shapes) -> list[tuple[int, int]]:
    """Which two operands to contract, again and again; the result becomes the last operand."""
    if len(terms) < 3:
        return [(0, 1)] * (len(terms) - 1)
    dummies = [np.broadcast_to(np.float32(0), shape) for shape in shapes]
    path = np.einsum_path(f"{','.join(terms)}->{output}", *dummies, optimize="greedy")[0][1:]
    pairs = []
    for contracted in path:
        many = sorted(contracted)
        pairs.append((many[0], many[1]))
        rest = len(many) - 2
        if rest:  # a step of more than two operands: the result, which is last, with each of the others
            total = len(terms) - len(pairs)
            kept = [k - sum(m < k for m in many[:2]) for k in many[2:]]
            for offset, k in enumerate(kept):
                pairs.append((k - offset, total - 1 - offset))
    return pairs[: len(terms) - 1]


def _diagonal(i: int, term: str, distinct: str) -> Step:
    equation = f"{term}->{distinct}"

    def step(operands: list[Array]) -> None:
        operands[i] = np.einsum(equation, operands[i])

    return step


def _squeezed(i: int, axes: tuple[int, ...]) -> Step:
    def step(operands: list[Array]) -> None:
        operands[i] = operands[i].squeeze(axes)

    return step


def _pair(
    first: int, second: int, a: str, b: str, output: str, wanted: set[str], size: dict[str, int]
) -> tuple[Step, str]:
    """The step that makes one operand of two, and its letters."""
    lone_a = tuple([axis for axis, x in enumerate(a) if x not in b and x not in wanted])
    lone_b = tuple([axis for axis, x in enumerate(b) if x not in a and x not in wanted])
    a = "".join([x for axis, x in enumerate(a) if axis not in lone_a])
    b = "".join([x for axis, x in enumerate(b) if axis not in lone_b])
    batch = [x for x in a if x in b and x in wanted]
    summed = [x for x in a if x in b and x not in wanted]
    rows = [x for x in a if x not in b]
    columns = [x for x in b if x not in a]
    if output:  # the last step: in the output's order, so that nothing is moved afterwards
        for part in (batch, rows, columns):
            part.sort(key=output.index)
    # Letters in the order in which they stand in memory need no copy.
    order_a = tuple([a.index(x) for x in (*batch, *rows, *summed)])
    order_b = tuple([b.index(x) for x in (*batch, *summed, *columns)])
    lead = tuple([size[x] for x in batch])
    m, k, n = (prod([size[x] for x in part]) for part in (rows, summed, columns))
    shape = (*lead, *[size[x] for x in rows], *[size[x] for x in columns])
    flat_a, flat_b = (*lead, m, k), (*lead, k, n)

    def step(operands: list[Array]) -> None:
        y, x = operands.pop(second), operands.pop(first)
        if lone_a:
            x = np.add.reduce(x, lone_a)
        if lone_b:
            y = np.add.reduce(y, lone_b)
        x, y = x.transpose(order_a).reshape(flat_a), y.transpose(order_b).reshape(flat_b)
        operands.append((matmul(x, y) if summed else x * y).reshape(shape))

    return step, "".join((*batch, *rows, *columns))


def _last(term: str, output: str) -> list[Step]:
    """The steps that make the one operand that is left the answer."""
    lone = tuple([axis for axis, x in enumerate(term) if x not in output])
    kept = [x for x in term if x in output]
    order = tuple([kept.index(x) for x in output])
    steps: list[Step] = []

    def reduced(operands: list[Array]) -> None:
        operands[0] = np.add.reduce(operands[0], lone, keepdims=False)

    def permuted(operands: list[Array]) -> None:
        operands[0] = operands[0].transpose(order)

    if lone:
        steps.append(reduced)
    if order != tuple(range(len(order))):
        steps.append(permuted)
    return steps
