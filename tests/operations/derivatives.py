"""A row's values and derivatives, by its rules and by finite differences."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from kytorch import Tensor, TrainableWeight
from operations.table import Array, Row


def incoming(y: Array) -> Array:
    """A gradient other than 1, in y's dtype."""
    return np.asarray(np.random.default_rng(11).normal(1.0, 2.0, np.shape(y))).astype(y.dtype)


def directions(inputs: tuple[Array, ...], seed: int) -> list[Array]:
    generator = np.random.default_rng(seed)
    return [np.asarray(generator.standard_normal(x.shape)) for x in inputs]


def moved(inputs: tuple[Array, ...], by: float, along: list[Array]) -> tuple[Array, ...]:
    return tuple([x + by * d for x, d in zip(inputs, along)])


def dot(left: list[Array], right: list[Array]) -> float:
    return float(sum([np.sum(a * b) for a, b in zip(left, right)]))


def value(row: Row, inputs: tuple[Array, ...]) -> Array:
    data: Array = row(*[Tensor(x) for x in inputs]).numpy()
    return data


def gradients(row: Row, inputs: tuple[Array, ...], g: Array, create_graph: bool = False) -> list[Tensor]:
    weights = [TrainableWeight(x) for x in inputs]
    y = row(*[weight.tensor() for weight in weights])
    found = {weight: gradient for gradient, weight in y.backward(Tensor(g), create_graph=create_graph)}
    return [found[weight] for weight in weights]


def gradient_arrays(row: Row, inputs: tuple[Array, ...], g: Array) -> list[Array]:
    return [gradient.numpy() for gradient in gradients(row, inputs, g)]


def slope(f: Callable[[float], float]) -> float:
    """The derivative of f at 0, by central differences of the fourth order."""
    h = 1e-4
    return (8 * (f(h) - f(-h)) - (f(2 * h) - f(-2 * h))) / (12 * h)
