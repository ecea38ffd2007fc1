"""A checkpointed function keeps its arguments only, runs twice, and has the same gradients to the last bit."""

from __future__ import annotations

import gc
import threading
import weakref
from collections.abc import Callable
from typing import Any, TypeVar

import numpy as np
import pytest

import kytorch as kt
from kytorch import Tensor, TrainableWeight, func, nn

R = TypeVar("R")
RNG = np.random.default_rng(1)
W = TrainableWeight(RNG.standard_normal((4, 4)))
B = TrainableWeight(RNG.standard_normal(4))
X = Tensor(RNG.standard_normal((3, 4)))


def block(x: Tensor) -> Tensor:
    return (x @ W.tensor() + B.tensor()).tanh().exp().sin() * W.tensor()[0]


def same(ours: kt.Gradients, theirs: kt.Gradients) -> None:
    expected = {weight: g for g, weight in theirs}
    assert {weight for _, weight in ours} == expected.keys()
    for g, weight in ours:
        np.testing.assert_array_equal(g.data, expected[weight].data)


def test_values_and_gradients_are_the_same_bits() -> None:
    for x in (X, W.tensor() * 2.0):
        plain, kept = block(x), func.checkpoint(block)(x)
        np.testing.assert_array_equal(kept.data, plain.data)
        same((kept**2).sum().backward(), (plain**2).sum().backward())


def test_the_function_runs_exactly_twice() -> None:
    calls = []

    def counted(x: Tensor, y: Tensor) -> tuple[Tensor, Tensor, Tensor]:
        calls.append(1)
        return block(x), block(y).sum(), x * y

    live = W.tensor() * 1.0
    first, second, third = func.checkpoint(counted)(live, X[:1])
    assert len(calls) == 1
    loss = first.sum() + second + third.sum()
    gradients = loss.backward()
    assert len(calls) == 2
    plain = counted(live, X[:1])
    same(gradients, (plain[0].sum() + plain[1] + plain[2].sum()).backward())
    loss.backward()
    assert len(calls) == 4  # one for the plain call, one for the second walk


def arrays_below(root: kt.GradFn) -> int:
    """How many bytes the graph below holds in arrays that its nodes refer to."""
    seen: set[int] = set()
    total, unseen = 0, [root]
    while unseen:
        node: Any = unseen.pop()
        if id(node) in seen or isinstance(node, (type, TrainableWeight)) or callable(node):
            continue
        seen.add(id(node))
        if isinstance(node, np.ndarray):
            total += node.nbytes
            continue
        unseen += gc.get_referents(node)
    return total


def test_what_is_computed_between_is_not_kept() -> None:
    x = TrainableWeight(np.zeros((100, 100)))

    def deep(x: Tensor) -> Tensor:
        for _ in range(20):
            x = x.exp().sin()
        return x

    plain, kept = deep(x.tensor()), func.checkpoint(deep)(x.tensor())
    assert arrays_below(plain.grad_fn) >= 20 * x.data.nbytes
    assert arrays_below(kept.grad_fn) <= 2 * x.data.nbytes


def test_the_graph_of_the_first_run_is_freed_at_once() -> None:
    inside: list[weakref.ref[kt.GradFn]] = []

    def f(x: Tensor) -> Tensor:
        y = x.exp()
        inside.append(weakref.ref(y.grad_fn))
        return y.sin()

    gc.collect()
    gc.disable()
    try:
        y = func.checkpoint(f)(W.tensor())
        assert inside[0]() is None
        y.sum().backward()
        assert inside[1]() is None
    finally:
        gc.enable()


def test_it_is_differentiable_to_any_order() -> None:
    def f(x: Tensor) -> Tensor:
        return (x**3 * B.tensor()[:2]).sin().sum()

    x = Tensor(np.array([0.3, 0.8]))
    kept = func.checkpoint(f)
    for transform in (func.grad, func.hessian):
        np.testing.assert_allclose(transform(kept)(x).data, transform(f)(x).data, rtol=1e-13)
    third = func.jacrev(func.hessian(kept))(x)
    np.testing.assert_allclose(third.data, func.jacrev(func.hessian(f))(x).data, rtol=1e-12)
    np.testing.assert_allclose(func.jacfwd(kept)(x).data, func.grad(f)(x).data, rtol=1e-13)
    v = (x,), (Tensor(np.array([1.0, 2.0])),)
    np.testing.assert_allclose(func.hvp(kept, *v)[0].data, func.hvp(f, *v)[0].data, rtol=1e-12)
    same_weight = [func.grad(g)(x).sum().backward() for g in (kept, f)]
    np.testing.assert_allclose(same_weight[0][0][0].data, same_weight[1][0][0].data, rtol=1e-13)


def test_checkpoints_nest() -> None:
    calls = []

    def inner(x: Tensor) -> Tensor:
        calls.append(1)
        return block(x)

    kept_inner = func.checkpoint(inner)
    kept = func.checkpoint(lambda x: kept_inner(kept_inner(x)))
    live = W.tensor() * 0.5
    y = kept(live)
    assert len(calls) == 2
    same(y.sum().backward(), block(block(live)).sum().backward())
    assert len(calls) == 6


def test_what_it_closes_over_gets_its_gradient_once() -> None:
    outer = W.tensor().exp()
    again = outer.sin()

    def f(x: Tensor) -> Tensor:
        return x * outer + again

    x = again * 2.0  # made from what is closed over
    same(func.checkpoint(f)(x).sum().backward(), f(x).sum().backward())
    v = Tensor(np.float64(1.5))
    slope = func.grad(lambda v: func.checkpoint(lambda x: x * v * v)(v))
    np.testing.assert_allclose(slope(v).item(), 3 * 1.5**2)
    np.testing.assert_allclose(func.grad(slope)(v).item(), 6 * 1.5)


def test_dropout_drops_the_same_again_and_the_generator_goes_on() -> None:
    layer = nn.Sequential(nn.Linear(4, 4, dtype=np.float64), nn.Dropout(0.5), nn.Tanh())
    kt.manual_seed(3)
    plain = layer(X)
    after = kt.rand(3)
    expected = plain.sum().backward()
    kt.manual_seed(3)
    kept = func.checkpoint(layer)(X)
    np.testing.assert_array_equal(kept.data, plain.data)
    np.testing.assert_array_equal(kt.rand(3).data, after.data)
    following = kt.rand(2)
    kt.manual_seed(3)
    layer(X), kt.rand(3)
    same(kept.sum().backward(), expected)
    np.testing.assert_array_equal(kt.rand(2).data, following.data)


def test_a_weight_that_changes_between_is_read_as_it_was() -> None:
    w = TrainableWeight(np.array([2.0]))
    y = func.checkpoint(lambda x: x * w.tensor() ** 3)(kt.ones(1, dtype=np.float64))
    w.update(np.array([100.0]))
    [(g, _)] = y.sum().backward()
    assert g.tolist() == [12.0]


def test_no_grad_without_and_within() -> None:
    with kt.no_grad():
        assert not func.checkpoint(block)(X).requires_grad

    def half(x: Tensor) -> Tensor:
        with kt.no_grad():
            constant = W.tensor()
        return (constant * W.tensor()).sum() * x.sum()

    kept = func.checkpoint(half)(X)
    with kt.no_grad():
        gradients = kept.backward()
    same(gradients, half(X).backward())


def test_constants_are_just_computed() -> None:
    y = func.checkpoint(kt.exp)(X)
    assert not y.requires_grad


def test_arguments_and_answers_of_any_kind_and_both_ways_to_call() -> None:
    def f(parts: dict[str, Any], n: int, *, scale: float = 1.0) -> dict[str, Any]:
        y = parts["x"][0] * scale + n
        return {"y": y, "half": y.to(np.float32), "note": "kept", "index": y > 0, "x": parts["x"][0]}

    live = W.tensor() * 1.0
    for answer in (func.checkpoint(f)({"x": [live]}, 2, scale=3.0), func.checkpoint(f, {"x": [live]}, 2, scale=3.0)):
        assert answer["note"] == "kept"
        assert answer["half"].dtype == np.float32
        assert not answer["index"].requires_grad
        plain = f({"x": [live]}, 2, scale=3.0)
        total = answer["y"].sum() + answer["half"].sum() + answer["x"].sum()
        same(total.backward(), (plain["y"].sum() + plain["half"].sum() + plain["x"].sum()).backward())


def test_it_keeps_its_functions_name() -> None:
    assert func.checkpoint(block).__name__ == "block"
    func.checkpoint(nn.Tanh())(X)


def test_within_functional_call_it_differentiates_in_the_tensors_given() -> None:
    layer = nn.Linear(4, 2, dtype=np.float64)
    kept = func.checkpoint(layer)

    class Model(nn.Module):
        def __init__(self) -> None:
            self.layer = layer

        def forward(self, x: Tensor) -> Tensor:
            return kept(x).tanh()

    model = Model()
    weights = {name: w.tensor().detach() * 2.0 for name, w in model.named_weights()}
    found = func.grad(lambda w: func.functional_call(model, w, X).sum())(weights)
    expected = func.grad(lambda w: (X @ w["layer.weight"].T + w["layer.bias"]).tanh().sum())(weights)
    for name in weights:
        np.testing.assert_allclose(found[name].data, expected[name].data, rtol=1e-12)


def test_functional_call_within_it() -> None:
    layer = nn.Linear(4, 2, dtype=np.float64)
    live = W.tensor()[:2]

    def f(x: Tensor) -> Tensor:
        return func.functional_call(layer, {"weight": live * 2.0}, x)

    same(func.checkpoint(f)(X).sum().backward(), f(X).sum().backward())


def test_detect_anomaly_around_it_sees_the_operation() -> None:
    with kt.detect_anomaly(), pytest.raises(FloatingPointError, match="LogGradFn"):
        func.checkpoint(kt.log)(W.tensor() * 0.0)
    with kt.detect_anomaly():
        same(func.checkpoint(block)(X).sum().backward(), block(X).sum().backward())


@pytest.mark.parametrize("changed", [lambda x, n: x.detach() if n else x, lambda x, n: x[:1] if n else x])
def test_a_function_that_does_something_else_again_is_refused(changed: Callable[[Tensor, int], Tensor]) -> None:
    calls: list[int] = []

    def f(x: Tensor) -> Tensor:
        calls.append(1)
        return changed(x * 2.0, len(calls) - 1)

    y = func.checkpoint(f)(W.tensor())
    with pytest.raises(ValueError, match=r"checkpoint: f did something else"):
        y.sum().backward()


def test_what_is_no_function_raises() -> None:
    not_a_function: Any = X
    with pytest.raises(TypeError, match="checkpoint: expected a function, not Tensor"):
        func.checkpoint(not_a_function)


# Other threads draw too


def noisy(x: Tensor, between: Callable[[], object] = lambda: None) -> Tensor:
    x = nn.functional.dropout(x * W.tensor()[0], 0.5)
    between()
    return nn.functional.dropout(x, 0.5) + kt.randn(4) * x


def in_a_thread(call: Callable[[], R]) -> R:
    answers: list[R] = []
    thread = threading.Thread(target=lambda: answers.append(call()))
    thread.start()
    thread.join()
    return answers[0]


def test_it_draws_the_same_again_whatever_another_thread_draws() -> None:
    kt.manual_seed(5)
    expected = noisy(X).sum().backward()
    kt.manual_seed(5)
    drawn: list[list[float]] = []
    kept = func.checkpoint(noisy)(X, lambda: drawn.append(in_a_thread(lambda: kt.rand(64)).tolist()))
    same(kept.sum().backward(), expected)
    rest = kt.rand(1000).tolist()
    kt.manual_seed(5)
    own = kt.rand(1000).tolist()
    assert not {*drawn[0]} & {*drawn[1], *own, *rest}  # what others draw is drawn once


def test_two_threads_draw_different_masks() -> None:
    both = threading.Barrier(2)
    kt.manual_seed(6)
    ones = kt.ones(200) * W.tensor()[0, 0]

    def work() -> Any:
        both.wait()
        kept = func.checkpoint(lambda x: (both.wait(), nn.functional.dropout(x, 0.5), both.wait())[1])(ones)
        return kept.tolist()

    answers: list[Any] = []
    threads = [threading.Thread(target=lambda: answers.append(work())) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert answers[0] != answers[1]


def test_the_second_run_leaves_the_generator_to_other_threads() -> None:
    kept = func.checkpoint(noisy)(X)
    state = kt.manual_seed(8).bit_generator
    before = state.state
    seen: list[bool] = []

    def look(x: Tensor) -> Tensor:
        seen.append(state.state == before)
        return noisy(x)

    kept.sum().backward()
    assert state.state == before
    looked = func.checkpoint(look)(X)
    before = state.state
    looked.sum().backward()
    assert seen[1:] == [True]


def test_seeded_runs_are_those_without_it_also_nested_and_where_the_function_seeds() -> None:
    given = kt.manual_seed(0)

    def inner(x: Tensor) -> Tensor:
        return nn.functional.dropout(noisy(x), 0.5, generator=given)

    def seeds(x: Tensor) -> Tensor:
        x = noisy(x)
        kt.manual_seed(11)
        return noisy(x)

    def plainly(f: Callable[[Tensor], Tensor]) -> Callable[[Tensor], Tensor]:
        return f

    def run(keep: Callable[[Callable[[Tensor], Tensor]], Callable[[Tensor], Tensor]], seed: int) -> Any:
        nonlocal given
        given = kt.manual_seed(seed)
        y = keep(lambda x: noisy(keep(inner)(noisy(x))))(X)
        between = kt.rand(3)
        z = keep(seeds)(y)
        return [y.data, between.data, z.data, kt.rand(3).data, y.sum().backward()[0][0].data, kt.rand(3).data]

    for ours, theirs in zip(run(func.checkpoint, 9), run(plainly, 9), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_a_function_that_fails_moves_the_generator_on_all_the_same() -> None:
    def fails(x: Tensor) -> Tensor:
        noisy(x)
        raise KeyError("here")

    following = []
    for f in (fails, func.checkpoint(fails)):
        kt.manual_seed(10)
        with pytest.raises(KeyError):
            f(X)
        following.append(kt.rand(3).tolist())
    assert following[0] == following[1]
