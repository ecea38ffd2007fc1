"""A rule is checked twice, as array code and as Tensor code: what only one of them can do is refused."""

import numpy as np

from kytorch import A, Array, BinaryGradFn, InputGradFn, Tensor, UnaryGradFn, tanh


class OnlyArraysGradFn(InputGradFn):
    def vjp(self, g: A, x: A) -> A:
        return g * x.astype(np.float32)  # error


class OnlyTensorsGradFn(InputGradFn):
    def vjp(self, g: A, x: A) -> A:
        return g * x.detach()  # error


class NumpyOnlyGradFn(UnaryGradFn):
    def vjp(self, g: A) -> A:
        y: A = np.tanh(g)  # error
        return y


class WritesGradFn(UnaryGradFn):
    def vjp(self, g: A) -> A:
        g[0] = 0.0  # error
        return g


class ArrayAnswerGradFn(UnaryGradFn):
    def vjp(self, g: A) -> A:
        return np.zeros(3)  # error


class TooFewGradFn(BinaryGradFn):
    def vjp_a(self, g: A, a: A) -> A:  # error
        return g * a


class NotGenericGradFn(UnaryGradFn):
    def vjp(self, g: Array) -> Array:  # error
        return g


def mixed(x: Tensor, y: Array) -> Tensor:
    return tanh(y)  # error
