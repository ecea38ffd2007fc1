"""The workloads in HIPS autograd, as its users write them: functions of NumPy, differentiated."""

from collections.abc import Callable, Mapping
from typing import Any

import autograd.numpy as np
from autograd import make_vjp, value_and_grad
from autograd.scipy.special import logsumexp

from benchmarks import training
from benchmarks.peers.models import Models, later
from benchmarks.prepared import Array, Prepared
from benchmarks.workloads import w1, w2, w3, w4, w5, w7, w8


class Autograd(Models):
    """With its function of SciPy's."""

    def softmax(self, x: Any) -> Any:
        return np.exp(x - logsumexp(x, axis=-1, keepdims=True))

    def cross_entropy(self, logits: Any, classes: Any) -> Any:
        return np.mean(logsumexp(logits, axis=-1) - logits[np.arange(len(classes)), classes])


MODELS = Autograd(np)


def trained(loss_of: Callable[..., Any], weights: dict[str, Array], data: tuple[Array, ...], lr: float) -> Prepared:
    """Training by gradient descent."""
    p, differentiated = weights, value_and_grad(loss_of)

    def step() -> tuple[Any, Any]:
        nonlocal p
        loss, gradients = differentiated(p, *data)
        p = {name: w - lr * gradients[name] for name, w in p.items()}
        return loss, gradients

    def answers() -> Mapping[str, Array]:
        loss, gradients = step()
        return training.answered(loss, gradients, p)

    return Prepared(step, answers)


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
    p: Any = w4.weights()
    means: Any = {name: np.zeros_like(w) for name, w in p.items()}
    squares = means
    differentiated, data, count = value_and_grad(MODELS.w4), (*w4.examples(batch), later(w4.CONTEXT)), 0

    def step() -> tuple[Any, Any]:
        nonlocal p, means, squares, count
        count += 1
        loss, gradients = differentiated(p, *data)
        p, means, squares = MODELS.adamw(p, gradients, means, squares, count, w4)
        return loss, gradients

    def answers() -> Mapping[str, Array]:
        loss, gradients = step()
        return training.answered(loss, gradients, p)

    return Prepared(step, answers)


def of_w5(batch: int) -> Prepared:
    """W5."""
    return trained(MODELS.w5, w5.weights(), w5.examples(batch), w5.LR)


def elementwise(function: Callable[[Any], Any], rows: int) -> Prepared:
    """W7."""
    x, g = w7.operands(rows)

    def step() -> tuple[Any, Any]:
        pull, y = make_vjp(function)(x)
        return y, pull(g)

    return Prepared(step, lambda: w7.answered(*step()))


def of_gelu(rows: int) -> Prepared:
    """W7, gelu."""
    return elementwise(MODELS.gelu, rows)


def of_softmax(rows: int) -> Prepared:
    """W7, softmax."""
    return elementwise(MODELS.softmax, rows)


def of_w8(length: int) -> Prepared:
    """W8."""
    start, c = w8.operands()

    def total(y: Any) -> Any:
        for _ in range(length):
            y = y + c
        return np.sum(y)

    differentiated = value_and_grad(total)

    def answers() -> Mapping[str, Array]:
        value, gradient = differentiated(start)
        return {"total": np.asarray(value), "gradient": gradient}

    return Prepared(lambda: differentiated(start), answers)


def of_w9(batch: int) -> Prepared:
    """W9."""
    p, x = w2.weights(), w2.examples(batch)[0]
    return Prepared(lambda: MODELS.perceptron(p, x), lambda: {"logits": MODELS.perceptron(p, x)})
