"""A user's own operation: one rule that serves arrays and Tensors."""

from typing import assert_type

import numpy as np

from kytorch import (
    A,
    BilinearGradFn,
    BinaryGradFn,
    InputGradFn,
    NaryGradFn,
    OutputGradFn,
    Tensor,
    UnaryGradFn,
    View,
    cos,
    exp,
    sqrt,
    where,
)


class SincGradFn(InputGradFn):
    def vjp(self, g: A, x: A) -> A:
        return g * (cos(x) - 1.0) / x


class ExpGradFn(OutputGradFn):
    def vjp(self, g: A, y: A) -> A:
        return g * y


class FlipGradFn(UnaryGradFn):
    def vjp(self, g: A) -> A:
        return g[::-1]


class HypotGradFn(BinaryGradFn):
    def vjp_a(self, g: A, a: A, b: A) -> A:
        norm: A = sqrt(a * a + b * b)
        return g * (a / norm)

    def vjp_b(self, g: A, a: A, b: A) -> A:
        norm: A = sqrt(a * a + b * b)
        return where(b > 0, g * (b / norm), 0.0)


class DotGradFn(BilinearGradFn):
    def vjp_a(self, g: A, b: A) -> A:
        return g * b

    def vjp_b(self, g: A, a: A) -> A:
        return g * a


class TotalGradFn(NaryGradFn):
    def vjps(self, g: A, view: View[A]) -> tuple[A | None, ...]:
        return tuple([g for _ in self.inputs])


def flip(x: Tensor) -> Tensor:
    return FlipGradFn().record(x.data[::-1].copy(), x)


def generic(x: A) -> A:
    return exp(x * 2.0 + 1.0).reshape(-1)


assert_type(flip(Tensor([1.0, 2.0])), Tensor)
assert_type(generic(Tensor([1.0])), Tensor)
assert_type(HypotGradFn().record(np.ones(1), Tensor([1.0]), Tensor([1.0])), Tensor)
