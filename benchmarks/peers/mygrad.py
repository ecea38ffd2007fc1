"""The workloads in MyGrad, as its users write them: its functions and layers, and gradients in `.grad`."""

from collections.abc import Callable, Mapping
from typing import Any

import mygrad as mg
import numpy as np
from mygrad.nnet.activations import relu, sigmoid, softmax
from mygrad.nnet.layers import conv_nd, max_pool
from mygrad.nnet.losses import softmax_crossentropy

from benchmarks import training
from benchmarks.peers.models import Arrays, Models, later
from benchmarks.prepared import Array, Prepared
from benchmarks.workloads import w1, w2, w3, w4, w5, w7, w8


class MyGrad(Models):
    """With MyGrad's layers."""

    def sigmoid(self, x: Any) -> Any:
        return sigmoid(x)

    def relu(self, x: Any) -> Any:
        return relu(x)

    def softmax(self, x: Any) -> Any:
        return softmax(x)

    def cross_entropy(self, logits: Any, classes: Any) -> Any:
        return softmax_crossentropy(logits, classes)

    def convolution(self, p: Arrays, layer: str, x: Any) -> Any:
        return conv_nd(x, p[f"{layer}.weight"], stride=1) + p[f"{layer}.bias"].reshape(-1, 1, 1)

    def pool(self, x: Any) -> Any:
        return max_pool(x, (2, 2), 2)


MODELS = MyGrad(mg, np.float32)  # to it a Python number is an array of float64


def trained(loss_of: Callable[..., Any], weights: dict[str, Array], data: tuple[Array, ...], lr: float) -> Prepared:
    """Training by gradient descent."""
    p = {name: mg.tensor(w) for name, w in weights.items()}

    def step() -> Any:
        loss = loss_of(p, *data)
        loss.backward()
        for w in p.values():
            w.data -= lr * w.grad
        return loss

    return Prepared(step, lambda: answered(step(), p))


def answered(loss: Any, p: Arrays) -> Mapping[str, Array]:
    """What is checked."""
    gradients = {name: w.grad for name, w in p.items()}
    return training.answered(loss.data, gradients, {name: w.data for name, w in p.items()})


def of_w1(batch: int) -> Prepared:
    """W1."""
    return trained(MODELS.w1, w1.weights(), w1.example(batch), w1.LR)


def of_w2(batch: int) -> Prepared:
    """W2."""
    return trained(MODELS.w2, w2.weights(), w2.examples(batch), w2.LR)


def of_w3(batch: int) -> Prepared:
    """W3."""
    return trained(MODELS.w3, w3.weights(), w3.examples(batch), w3.LR)


def of_w4(batch: int) -> Prepared:
    """W4."""
    p = {name: mg.tensor(w) for name, w in w4.weights().items()}
    means: Any = {name: np.zeros_like(w.data) for name, w in p.items()}
    squares = means
    data, count = (*w4.examples(batch), later(w4.CONTEXT)), 0
    plain = Models(np)

    def step() -> Any:
        nonlocal means, squares, count
        count += 1
        loss = MODELS.w4(p, *data)
        loss.backward()
        arrays, gradients = {name: w.data for name, w in p.items()}, {name: w.grad for name, w in p.items()}
        moved, means, squares = plain.adamw(arrays, gradients, means, squares, count, w4)
        for name, w in p.items():
            w.data[...] = moved[name]
        return loss

    return Prepared(step, lambda: answered(step(), p))


def of_w5(batch: int) -> Prepared:
    """W5."""
    return trained(MODELS.w5, w5.weights(), w5.examples(batch), w5.LR)


def elementwise(function: Callable[[Any], Any], rows: int) -> Prepared:
    """W7."""
    x, g = w7.operands(rows)
    leaf = mg.tensor(x)

    def step() -> Any:
        y = function(leaf)
        y.backward(g)
        return y

    return Prepared(step, lambda: w7.answered(step().data, leaf.grad))


def of_gelu(rows: int) -> Prepared:
    """W7, gelu."""
    return elementwise(MODELS.gelu, rows)


def of_softmax(rows: int) -> Prepared:
    """W7, softmax."""
    return elementwise(MODELS.softmax, rows)


def of_w8(length: int) -> Prepared:
    """W8."""
    start, c = w8.operands()
    leaf = mg.tensor(start)

    def step() -> Any:
        y = leaf
        for _ in range(length):
            y = y + c
        total = y.sum()
        total.backward()
        return total

    return Prepared(step, lambda: {"total": step().data, "gradient": leaf.grad})


def of_w9(batch: int) -> Prepared:
    """W9."""
    p, x = {name: mg.tensor(w) for name, w in w2.weights().items()}, mg.tensor(w2.examples(batch)[0])

    def step() -> Any:
        with mg.no_autodiff:
            return MODELS.perceptron(p, x)

    return Prepared(step, lambda: {"logits": step().data})
