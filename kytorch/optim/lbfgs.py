"""L-BFGS: steps along a quasi-Newton direction, for losses that are the same at every call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property, partial
from typing import Literal

import numpy as np

from kytorch.kernels.matmul import dot
from kytorch.optim.checks import count, number, refuse_bad_gradients
from kytorch.optim.line_search import Point, strong_wolfe
from kytorch.optim.pairs import History, Layout, Pair
from kytorch.optim.rule import refuse_other_state
from kytorch.optim.state import ByWeight, State, shaped, succeeded
from kytorch.tensor.core import Tensor, TrainableWeight
from kytorch.tensor.values import Array, lock

_NAME = "lbfgs"
# Only a pair whose product is greater keeps the approximate inverse Hessian positive definite.
_LEAST_CURVATURE = 1e-10


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LBFGSState(State):
    """What L-BFGS remembers: its iterations, how often it called the closure, and the last loss that it went by.

    For each weight also the gradient before the last iteration and the change that this made to the weight, and the
    last `history_size` such changes of the weight and of the gradient, oldest first. States share these: `changes[w]`
    puts an array together each time it is asked for.
    """

    step: int = 0
    evaluations: int = 0
    loss: float = 0.0
    gradient: ByWeight = field(default_factory=dict)
    change: ByWeight = field(default_factory=dict)
    changes: ByWeight = field(default_factory=dict, metadata=shaped(None))
    gradient_changes: ByWeight = field(default_factory=dict, metadata=shaped(None))

    def __post_init__(self) -> None:
        State.__post_init__(self)
        count("LBFGSState", "evaluations", self.evaluations, least=0)
        self._check_same_weights("gradient", "change", "changes", "gradient_changes")
        if len({len(array) for x in (self.changes, self.gradient_changes) for array in x.values()}) > 1:
            raise ValueError("LBFGSState: changes and gradient_changes are to have as many entries for each weight")


def lbfgs(
    closure: Callable[[], Tensor],
    state: LBFGSState,
    *,
    lr: float = 1.0,
    max_iter: int = 20,
    max_eval: int | None = None,
    tolerance_grad: float = 1e-7,
    tolerance_change: float = 1e-9,
    history_size: int = 100,
    line_search_fn: Literal["strong_wolfe"] | None = None,
) -> LBFGSState:
    """Up to `max_iter` iterations of L-BFGS (Nocedal & Wright 2006, Algorithm 7.5); begin with LBFGSState().

    `closure` computes the loss anew from the weights; it is called up to `max_eval` times, by default 5/4 of
    `max_iter`. Without "strong_wolfe" the last iteration's loss is not computed: the state has the one before. The
    options are those of torch.optim.LBFGS. Returns the new state. Raises ValueError for a loss that is not finite;
    after any error, one of the closure's too, every weight is what it was.
    """
    refuse_other_state(_NAME, state, LBFGSState)
    if not callable(closure):
        raise TypeError(f"{_NAME}: expected a function that answers the loss, not {type(closure).__name__}")
    if line_search_fn not in (None, "strong_wolfe"):
        raise ValueError(f"{_NAME}: line_search_fn is {line_search_fn!r}; it is to be 'strong_wolfe' or None")
    rate = number(_NAME, "lr", lr, positive=True)
    iterations = count(_NAME, "max_iter", max_iter)
    calls = iterations * 5 // 4 if max_eval is None else count(_NAME, "max_eval", max_eval)
    flat_enough = number(_NAME, "tolerance_grad", tolerance_grad)
    small_enough = number(_NAME, "tolerance_change", tolerance_change)
    kept = count(_NAME, "history_size", history_size)

    loss = _Loss(closure)
    try:
        with np.errstate(over="ignore", invalid="ignore"):  # no weight becomes what is not finite
            value, g = loss()
            evaluations, step, layout = 1, state.step, loss.layout
            pairs = _remembered(state, layout)
            gradient, change = layout.flat(state.gradient), layout.flat(state.change)
            x = layout.flat({weight: weight._data for weight in layout.weights})
            for iteration in range(1, iterations + 1):
                if _greatest(g) <= flat_enough:
                    break
                step += 1
                if step > 1:
                    pair = layout.pair(change, g - gradient)
                    if pair.curvature > _LEAST_CURVATURE:
                        pairs = (*pairs, pair)[-kept:]
                direction = _direction(g, pairs)
                gradient, before, change = g, value, np.zeros_like(g)
                slope = float(dot(g, direction))
                if slope > -small_enough:
                    break
                length = rate if step > 1 else min(1.0, 1.0 / float(np.abs(g).sum())) * rate
                if line_search_fn is not None:
                    along, start = partial(loss.along, x, direction), Point(0.0, value, slope, g)
                    size, most = _greatest(direction), calls - evaluations
                    point, tries = strong_wolfe(along, start, length, size, small_enough, most)
                    length, value, g = point.length, point.loss, point.gradient
                    evaluations += tries
                change = direction * length
                x = x + change
                loss.move(x)
                if iteration == iterations:
                    break
                if line_search_fn is None:
                    value, g = loss()
                    evaluations += 1
                if evaluations >= calls or _greatest(change) <= small_enough or abs(value - before) < small_enough:
                    break
            new: dict[str, object] = {"step": step, "evaluations": state.evaluations + evaluations, "loss": value}
            new |= {"gradient": layout.by_weight(gradient), "change": layout.by_weight(change)}
            new |= {"changes": History(layout, pairs, 0), "gradient_changes": History(layout, pairs, 1)}
            return succeeded(state, new)
    except BaseException:
        loss.restore()
        raise


class _Loss:
    """The closure as a function of all weights, which are taken as one vector."""

    def __init__(self, closure: Callable[[], Tensor]) -> None:
        self._closure = closure
        self._errors = np.geterr()
        self._own: dict[TrainableWeight, Array] = {}

    @cached_property
    def layout(self) -> Layout:
        return Layout(self._own)

    def __call__(self) -> tuple[float, Array]:
        """The loss of the weights as they are, and its gradient."""
        with np.errstate(**self._errors):  # the caller's
            loss = self._closure()
            if not isinstance(loss, Tensor):
                raise TypeError(f"{_NAME}: the closure is to answer the loss, a Tensor, not {type(loss).__name__}")
            gradients = loss.backward()
        refuse_bad_gradients(_NAME, gradients)
        found = {weight: gradient._data for gradient, weight in gradients}
        if not self._own:
            self._own = {weight: weight._data for weight in found}
        if found.keys() != self._own.keys():
            raise ValueError(f"{_NAME}: the closure's loss depends on other weights than the first time")
        return loss.item(), self.layout.flat(found)

    def move(self, x: Array) -> None:
        """Give the weights the values `x`. Raises ValueError unless they are finite."""
        new = {weight: _like(weight._data, part) for weight, part in self.layout.by_weight(x).items()}
        for weight, array in new.items():
            if not np.isfinite(array).all():
                raise ValueError(f"{_NAME}: the step overflows; a smaller lr, or 'strong_wolfe', shortens it")
            lock(array)
            weight._data = array

    def along(self, x: Array, direction: Array, length: float) -> Point:
        """The loss at x + length direction."""
        self.move(x + direction * length)
        value, g = self()
        return Point(length, value, float(dot(g, direction)), g)

    def restore(self) -> None:
        """Give the weights the arrays that they had at first."""
        for weight, array in self._own.items():
            weight._data = array


def _remembered(state: LBFGSState, layout: Layout) -> tuple[Pair, ...]:
    """The pairs of the state. Raises ValueError unless it is new, or of the same weights in shape and dtype too."""
    if state.gradient and state.gradient.keys() != set(layout.weights):
        raise ValueError(
            f"{_NAME}: the loss depends on {len(layout.weights)} weights that are not the {len(state.gradient)} of the "
            "state; begin anew with LBFGSState()"
        )
    if not (isinstance(state.changes, History) and state.changes.layout.is_as(layout)):
        state.check(_NAME, layout.weights)
    return layout.pairs(state.changes, state.gradient_changes)


def _direction(g: Array, pairs: Sequence[Pair]) -> Array:
    """Minus the approximate inverse Hessian times g, by the two loops over the history (Algorithm 7.4)."""
    q = -g
    if not pairs:
        return q
    scratch = np.empty_like(q)
    parts: list[float] = []
    for s, y, curvature in reversed(pairs):
        part = float(dot(s, q)) / curvature
        q -= np.multiply(y, part, out=scratch)
        parts.append(part)
    _, y, curvature = pairs[-1]
    q *= curvature / float(dot(y, y))  # equation 7.20
    for (s, y, curvature), part in zip(pairs, reversed(parts)):
        q += np.multiply(s, part - float(dot(y, q)) / curvature, out=scratch)
    return q


def _like(own: Array, values: Array) -> Array:
    """`values` in the dtype of `own` and its layout in memory."""
    array = np.empty_like(own)
    array[...] = values
    return array


def _greatest(x: Array) -> float:
    return max(float(x.max(initial=0.0)), -float(x.min(initial=0.0)))
