"""The workloads in JAX, as its users write them: the whole step under `jit`, and awaited."""

from collections.abc import Callable, Mapping
from functools import partial
from types import SimpleNamespace
from typing import Any

import jax
import numpy
from jax import numpy as np

from benchmarks import training
from benchmarks.peers.models import Arrays, Models, later
from benchmarks.prepared import Array, Prepared
from benchmarks.workloads import w1, w2, w3, w4, w5, w6, w7, w8


class Jax(Models):
    """With JAX's functions for what NumPy has not."""

    def sigmoid(self, x: Any) -> Any:
        return jax.nn.sigmoid(x)

    def gelu(self, x: Any) -> Any:
        return jax.nn.gelu(x, approximate=True)

    def softmax(self, x: Any) -> Any:
        return jax.nn.softmax(x)

    def convolution(self, p: Arrays, layer: str, x: Any) -> Any:
        y = jax.lax.conv(x, p[f"{layer}.weight"], (1, 1), "VALID")
        return y + p[f"{layer}.bias"].reshape(-1, 1, 1)

    def lstm(self, gates: Any, w_hh: Any) -> Any:
        def step(state: tuple[Any, Any], given: Any) -> tuple[tuple[Any, Any], Any]:
            h, c = self.cell(given + state[0] @ w_hh.T, state[1])
            return (h, c), h

        zeros = np.zeros((gates.shape[1], w5.HIDDEN), gates.dtype)
        return jax.lax.scan(step, (zeros, zeros), gates)[1]


MODELS = Jax(np)


def trained(loss_of: Callable[..., Any], weights: dict[str, Array], data: tuple[Array, ...], lr: float) -> Prepared:
    """Training by gradient descent."""

    def update(p: Arrays, gradients: Arrays, state: Any) -> tuple[Arrays, Any]:
        return {name: w - lr * gradients[name] for name, w in p.items()}, state

    return trained_by(update, None, loss_of, weights, data)


def trained_by(
    update: Callable[[Arrays, Arrays, Any], tuple[Arrays, Any]],
    state: Any,
    loss_of: Callable[..., Any],
    weights: dict[str, Array],
    data: tuple[Array, ...],
) -> Prepared:
    """Training: the loss, its gradients and the update in one compiled function, which uses the old weights' memory."""
    p = jax.device_put(weights)
    given = jax.device_put(data)

    @partial(jax.jit, donate_argnums=(0, 1))
    def stepped(p: Any, state: Any, *given: Any) -> Any:
        loss, gradients = jax.value_and_grad(loss_of)(p, *given)
        return loss, gradients, *update(p, gradients, state)

    @partial(jax.jit, donate_argnums=(0, 1))
    def timed(p: Any, state: Any, *given: Any) -> Any:
        loss, _, p, state = stepped(p, state, *given)
        return loss, p, state

    def step() -> None:
        nonlocal p, state
        loss, p, state = timed(p, state, *given)
        jax.block_until_ready((loss, p))

    def answers() -> Mapping[str, Array]:
        nonlocal p, state
        loss, gradients, p, state = stepped(p, state, *given)
        gradients = {name: numpy.asarray(g) for name, g in gradients.items()}
        return training.answered(loss, gradients, {name: numpy.array(w) for name, w in p.items()})

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


def adamw(how: Any, p: Arrays, gradients: Arrays, state: Any) -> tuple[Arrays, Any]:
    """A step of AdamW."""
    means, squares, count = state
    p, means, squares = MODELS.adamw(p, gradients, means, squares, count + 1, how)
    return p, (means, squares, count + 1)


def begun(weights: dict[str, Array]) -> Any:
    """The state of AdamW before the first step."""
    means, squares = [{name: np.zeros(w.shape, w.dtype) for name, w in weights.items()} for _ in range(2)]
    return means, squares, np.float32(0)


def of_w4(batch: int) -> Prepared:
    """W4."""
    weights, data = w4.weights(), (*w4.examples(batch), later(w4.CONTEXT))
    return trained_by(partial(adamw, w4), begun(weights), MODELS.w4, weights, data)


def of_w5(batch: int) -> Prepared:
    """W5."""
    return trained(MODELS.w5, w5.weights(), w5.examples(batch), w5.LR)


def of_w6(layers: int) -> Prepared:
    """W6."""
    weights = {f"weight {i}": w for i, w in enumerate(w6.weights(layers))}
    g = jax.device_put({f"weight {i}": g for i, g in enumerate(w6.gradients(layers))})
    p, state = jax.device_put(weights), begun(weights)
    stepped = jax.jit(partial(adamw, SimpleNamespace(**vars(w6))), donate_argnums=(0, 2))

    def step() -> None:
        nonlocal p, state
        p, state = jax.block_until_ready(stepped(p, g, state))

    def answers() -> Mapping[str, Array]:
        step()
        return w6.answered(numpy.asarray(p[f"weight {i}"]) for i in range(len(p)))

    return Prepared(step, answers)


def elementwise(function: Callable[[Any], Any], rows: int) -> Prepared:
    """W7."""
    x, g = jax.device_put(w7.operands(rows))

    def both(x: Any, g: Any) -> Any:
        y, pull = jax.vjp(function, x)
        return y, *pull(g)

    compiled = jax.jit(both)

    def step() -> Any:
        return jax.block_until_ready(compiled(x, g))

    def answers() -> Mapping[str, Array]:
        y, gradient = step()
        return w7.answered(numpy.asarray(y), numpy.asarray(gradient))

    return Prepared(step, answers)


def of_gelu(rows: int) -> Prepared:
    """W7, gelu."""
    return elementwise(MODELS.gelu, rows)


def of_softmax(rows: int) -> Prepared:
    """W7, softmax."""
    return elementwise(MODELS.softmax, rows)


def of_w8(length: int) -> Prepared:
    """W8: the chain as a loop of the compiled function."""
    start, c = jax.device_put(w8.operands())

    def total(y: Any) -> Any:
        return np.sum(jax.lax.fori_loop(0, length, lambda _, y: y + c, y))

    differentiated = jax.jit(jax.value_and_grad(total))

    def step() -> Any:
        return jax.block_until_ready(differentiated(start))

    def answers() -> Mapping[str, Array]:
        value, gradient = step()
        return {"total": numpy.asarray(value), "gradient": numpy.asarray(gradient)}

    return Prepared(step, answers)


def of_w9(batch: int) -> Prepared:
    """W9."""
    p, x = jax.device_put(w2.weights()), jax.device_put(w2.examples(batch)[0])
    logits = jax.jit(MODELS.perceptron)

    def step() -> Any:
        return jax.block_until_ready(logits(p, x))

    return Prepared(step, lambda: {"logits": numpy.asarray(step())})
