"""`backward()`: a pure function from a Tensor to its weights' gradients, for graphs of any shape and size."""

from __future__ import annotations

import asyncio
import copy
import gc
import math
import pickle
import threading
import weakref
from collections.abc import Iterator

import numpy as np
import pytest

import kytorch
from kytorch import LeafGradFn, Tensor, TrainableWeight, UnaryGradFn, func, no_grad


def weights(*values: float | list[float]) -> list[TrainableWeight]:
    return [TrainableWeight(np.array(value)) for value in values]


def answer(y: Tensor) -> dict[TrainableWeight, object]:
    return {weight: gradient.tolist() for gradient, weight in y.backward()}


# The answer


def test_scalar_weights_and_rebinding() -> None:
    a, b = TrainableWeight(2.0), TrainableWeight(3.0)
    x, y = a.tensor(), b.tensor()
    f = y + y * x
    assert answer(f) == {a: 3.0, b: 3.0}
    y = y * x
    assert answer(f) == {a: 3.0, b: 3.0}
    assert answer(y) == {a: 3.0, b: 2.0}


def test_a_weight_used_twice_is_listed_once() -> None:
    [w] = weights([1.0, 2.0])
    x = w.tensor()
    assert [(g.tolist(), weight) for g, weight in (x * x + x).sum().backward()] == [([3.0, 5.0], w)]


def test_a_weight_read_twice_is_listed_once() -> None:
    [w] = weights([1.0, 2.0])
    assert [(g.tolist(), weight) for g, weight in (w.tensor() * w.tensor()).sum().backward()] == [([2.0, 4.0], w)]
    [(gradient, _)] = (w.tensor() * w.tensor()).sum().backward(create_graph=True)
    assert gradient.tolist() == [2.0, 4.0]


def test_a_weight_that_the_answer_does_not_depend_on_is_not_listed() -> None:
    a, b = weights(2.0, 3.0)
    b.tensor() * a.tensor()
    assert [weight for _, weight in (a.tensor() * 2).backward()] == [a]


def test_the_gradient_of_the_weight_itself_is_one() -> None:
    [w] = weights(2.0)
    assert answer(w.tensor()) == {w: 1.0}


def test_a_weight_of_one_kind_equal_to_another_is_another_weight() -> None:
    a, b = weights(2.0, 2.0)
    assert answer(a.tensor() * 3 + b.tensor() * 4) == {a: 3.0, b: 4.0}


def test_one_input_used_by_many_gets_the_sum() -> None:
    [w] = weights([0.5, 1.5])
    x = w.tensor().exp()
    total = x * 1.0
    for i in range(2, 40):
        total = total + x * float(i)
    [(gradient, _)] = total.sum().backward()
    np.testing.assert_allclose(gradient.numpy(), sum(range(1, 40)) * np.exp(w.data))


def test_two_graphs_over_one_share_it_and_answer_apart() -> None:
    [w] = weights(0.5)
    shared = w.tensor().exp()
    first, second = shared * 2, shared * shared
    before = answer(first), answer(second)
    assert (answer(first + second), answer(first), answer(second))[1:] == before


def test_the_order_is_the_same_at_every_call_and_in_every_graph() -> None:
    many = [TrainableWeight(np.array(float(i))) for i in range(50)]

    def loss() -> Tensor:
        xs = [weight.tensor() for weight in many]
        total = xs[0] * xs[-1]
        for x in xs[1:]:
            total = (total + x).tanh()
        return total

    orders = [[many.index(weight) for _, weight in loss().backward()] for _ in range(3)]
    once = loss()
    orders += [[many.index(weight) for _, weight in once.backward(create_graph=graph)] for graph in (False, True)]
    assert len(orders[0]) == 50
    assert all(order == orders[0] for order in orders)


# Purity


def _loss(w: TrainableWeight, v: TrainableWeight) -> Tensor:
    x = w.tensor()
    hidden = kytorch.tanh(x @ v.tensor() + x.sum(0))
    return (hidden * hidden + hidden.exp()).mean()


def test_backward_twice_is_the_same_bit_for_bit() -> None:
    generator = np.random.default_rng(0)
    w, v = TrainableWeight(generator.standard_normal((3, 3))), TrainableWeight(generator.standard_normal((3, 3)))
    loss = _loss(w, v)
    orders = (False, False, True, False)
    answers = [[g.numpy().tobytes() for g, _ in loss.backward(create_graph=graph)] for graph in orders]
    answers.append([g.numpy().tobytes() for g, _ in _loss(w, v).backward()])
    assert all(other == answers[0] for other in answers)


def test_backward_changes_neither_the_value_nor_the_weights() -> None:
    generator = np.random.default_rng(0)
    w, v = TrainableWeight(generator.standard_normal((3, 3))), TrainableWeight(generator.standard_normal((3, 3)))
    loss = _loss(w, v)
    before = loss.numpy().tobytes(), w.data.tobytes(), v.data.tobytes()
    loss.backward()
    assert (loss.numpy().tobytes(), w.data.tobytes(), v.data.tobytes()) == before


def test_a_weight_updated_between_forward_and_backward_changes_no_answer() -> None:
    a, b = weights([2.0, 3.0], [5.0, 7.0])
    y = (a.tensor() * b.tensor() + a.tensor().exp()).sum()
    before = answer(y)
    a.update(np.zeros(2))
    b.update(np.zeros(2))
    assert answer(y) == before
    assert {weight: g.tolist() for g, weight in y.backward(create_graph=True)} == before


def test_a_weight_read_before_and_after_an_update_is_listed_once_with_both_values() -> None:
    [w] = weights(2.0)
    before = w.tensor()
    w.update(np.array(5.0))
    y = before * w.tensor()
    assert [(g.tolist(), weight) for g, weight in y.backward()] == [(7.0, w)]


def test_a_gradient_of_one_weight_is_not_changed_by_that_of_another() -> None:
    a, b = weights([1.0, 2.0], [3.0, 4.0])
    x, y = a.tensor(), b.tensor()
    found = {weight: g for g, weight in ((x + y) + (x + y) * 2 + x).sum().backward()}
    assert found[a].tolist() == [4.0, 4.0]
    assert found[b].tolist() == [3.0, 3.0]


def test_the_gradient_that_is_passed_is_not_changed() -> None:
    a, b = weights([1.0, 2.0], [3.0, 4.0])
    given = Tensor(np.array([5.0, 6.0]))
    x = a.tensor()
    (x + x + x + b.tensor()).backward(given)
    assert given.tolist() == [5.0, 6.0]


# Where it starts


def test_from_a_tensor_that_is_no_scalar_it_says_to_reduce_or_to_pass_the_gradient() -> None:
    [w] = weights([1.0, 2.0])
    for y in (w.tensor(), w.tensor()[:1]):
        with pytest.raises(ValueError, match=r"backward.*scalar.*shape \(\d,\).*sum.*pass the gradient"):
            y.backward()


def test_a_gradient_may_be_passed() -> None:
    [w] = weights([1.0, 2.0])
    [(gradient, _)] = (w.tensor() * w.tensor()).backward(Tensor(np.array([10.0, 100.0])))
    assert gradient.tolist() == [20.0, 400.0]


def test_a_gradient_of_another_shape_raises() -> None:
    [w] = weights([1.0, 2.0])
    for gradient in (Tensor(1.0), Tensor([1.0]), Tensor([[1.0, 2.0]])):
        with pytest.raises(ValueError, match=r"backward.*shape.*\(2,\)"):
            w.tensor().backward(gradient)


def test_a_gradient_that_is_no_tensor_raises() -> None:
    [w] = weights([1.0, 2.0])
    with pytest.raises(TypeError, match="backward"):
        w.tensor().backward([1.0, 2.0])  # type: ignore[arg-type]


def test_without_a_weight_it_raises() -> None:
    [w] = weights(2.0)
    for y in (Tensor(2.0), w.tensor().detach() * 2, (w.tensor() > 1).to(np.float32)):
        with pytest.raises(ValueError, match=r"backward.*no TrainableWeight"):
            y.backward()
    w.requires_grad_(False)
    with pytest.raises(ValueError, match=r"no TrainableWeight \(frozen, "):
        (w.tensor() * 2).backward()


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_a_loss_that_is_not_finite_raises(value: float) -> None:
    [w] = weights(value)
    with pytest.raises(ValueError, match=r"backward.*(nan|inf)"):
        w.tensor().backward()


def test_a_loss_of_an_integer_dtype_has_no_weights() -> None:
    [w] = weights(2.0)
    with pytest.raises(ValueError, match="backward"):
        w.tensor().to(np.int64).backward()


# Shapes and dtypes


@pytest.mark.parametrize("a", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("b", [np.float16, np.float32, np.float64])
def test_a_gradient_has_its_weights_shape_and_dtype(a: type, b: type) -> None:
    first, second = TrainableWeight(np.ones((3, 1), a)), TrainableWeight(np.ones((4,), b))
    for y in (
        first.tensor() * second.tensor(),
        first.tensor() / second.tensor() + first.tensor(),
        kytorch.maximum(first.tensor(), second.tensor()),
        kytorch.where(Tensor([True, False, True, False]), first.tensor(), second.tensor()),
        kytorch.cat([first.tensor().expand(3, 4), second.tensor().expand(3, 4)]),
        first.tensor() ** second.tensor(),
        first.tensor() @ second.tensor().reshape(1, 4),
        first.tensor() * np.ones((3, 4)) - second.tensor(),
    ):
        for create_graph in (False, True):
            found = {weight: g for g, weight in y.sum().backward(create_graph=create_graph)}
            assert (found[first].shape, found[first].dtype) == ((3, 1), a)
            assert (found[second].shape, found[second].dtype) == ((4,), b)


def test_uses_in_different_dtypes_are_added() -> None:
    w = TrainableWeight(np.array([1.0, 2.0], np.float32))
    x = w.tensor()
    y = (x.to(np.float64) * 3).sum() + (x * 2).sum() + (x.to(np.float16) * 4).sum()
    for create_graph in (False, True):
        [(gradient, _)] = y.backward(create_graph=create_graph)
        assert gradient.dtype == np.float32
        assert gradient.tolist() == [9.0, 9.0]


# Nodes


def test_a_graph_ends_in_leaves_that_name_their_weights() -> None:
    [w] = weights(2.0)
    y = w.tensor() * 3
    leaf, constant = y.grad_fn.inputs
    assert isinstance(leaf, LeafGradFn)
    assert leaf.weight is w
    assert isinstance(constant, LeafGradFn)
    assert constant.weight is None
    assert y.grad_fn.shapes == ((), ())


def test_an_inner_node_answers_for_its_part_of_the_graph() -> None:
    a, b = weights([1.0, 2.0], [3.0, 4.0])
    inner = a.tensor() * b.tensor()
    outer = inner.exp().sum()
    assert outer.grad_fn.inputs[0].inputs[0] is inner.grad_fn
    found = inner.grad_fn.backward(Tensor(np.array([10.0, 100.0])))
    assert {weight: g.tolist() for g, weight in found} == {a: [30.0, 400.0], b: [10.0, 200.0]}
    [(gradient, weight)] = inner.grad_fn.inputs[0].backward(Tensor(np.array([5.0, 6.0])))
    assert (gradient.tolist(), weight) == ([5.0, 6.0], a)


def test_a_node_holds_no_tensor() -> None:
    [w] = weights([1.0])
    x = w.tensor()
    y = x.tanh()
    held = weakref.ref(y)
    z = y * 2
    del y
    assert held() is None
    assert z.requires_grad


def test_a_node_without_a_rule_says_so() -> None:
    class NothingGradFn(UnaryGradFn):
        __slots__ = ()

    [w] = weights(1.0)
    with pytest.raises(NotImplementedError, match="NothingGradFn"):
        NothingGradFn().record(np.ones(()), w.tensor()).backward()


def test_a_rule_that_makes_a_gradient_of_another_shape_is_named() -> None:
    class WrongGradFn(UnaryGradFn):
        __slots__ = ()

        def vjp(self, g):  # type: ignore[no-untyped-def]
            return np.ones(3)

    [w] = weights([1.0, 2.0])
    with pytest.raises(ValueError, match=r"WrongGradFn.*\(3,\).*\(2,\)"):
        WrongGradFn().record(np.ones(()), w.tensor()).backward()


# Differentiable gradients


def test_create_graph_makes_gradients_that_can_be_differentiated() -> None:
    [w] = weights(2.0)
    y = w.tensor() ** 4
    orders = []
    for _ in range(5):
        orders.append(y.item())
        [(y, _)] = y.backward(create_graph=True)
    assert orders == [16.0, 32.0, 48.0, 48.0, 24.0]


def test_without_create_graph_gradients_are_constants() -> None:
    [w] = weights(2.0)
    [(gradient, _)] = (w.tensor() ** 3).backward()
    assert not gradient.requires_grad


def test_a_gradient_penalty_reaches_every_weight() -> None:
    a, b = weights(2.0, 3.0)
    loss = a.tensor() ** 2 * b.tensor() ** 3
    penalty = Tensor(np.zeros(()))
    for gradient, _ in loss.backward(create_graph=True):
        penalty = penalty + gradient * gradient
    # (2 a b^3)^2 + (3 a^2 b^2)^2
    by_a = 8 * 2.0 * 3.0**6 + 36 * 2.0**3 * 3.0**4
    by_b = 24 * 2.0**2 * 3.0**5 + 36 * 2.0**4 * 3.0**3
    assert answer(penalty) == {a: by_a, b: by_b}


def test_the_passed_gradient_is_differentiated_with_create_graph() -> None:
    a, g = weights([1.0, 2.0], [3.0, 4.0])
    [(gradient, weight)] = (a.tensor() ** 2).backward(g.tensor(), create_graph=True)
    assert weight is a
    assert answer(gradient.sum()) == {a: [6.0, 8.0], g: [2.0, 4.0]}


# no_grad


def test_no_grad_as_a_context() -> None:
    [w] = weights(2.0)
    with no_grad():
        assert not w.tensor().requires_grad
        with no_grad():
            pass
        assert not (w.tensor() * 3).requires_grad
    assert w.tensor().requires_grad


def test_no_grad_ends_when_an_error_is_raised() -> None:
    [w] = weights(2.0)
    with pytest.raises(KeyError), no_grad():
        raise KeyError
    assert w.tensor().requires_grad


def test_no_grad_can_be_entered_again() -> None:
    [w] = weights(2.0)
    context = no_grad()
    with context, context:
        assert not w.tensor().requires_grad
    assert w.tensor().requires_grad


def test_no_grad_as_a_decorator_also_of_a_recursive_function() -> None:
    [w] = weights(2.0)

    @no_grad()
    def live(depth: int) -> list[bool]:
        return ([] if not depth else live(depth - 1)) + [w.tensor().requires_grad]

    assert live(3) == [False] * 4
    assert w.tensor().requires_grad


def test_no_grad_leaves_what_is_live_already() -> None:
    [w] = weights(2.0)
    x = w.tensor()
    with no_grad():
        y = x * 3
    assert answer(y) == {w: 3.0}


def test_no_grad_holds_in_its_own_thread_only() -> None:
    [w] = weights(2.0)
    inside, done = threading.Event(), threading.Event()
    seen: list[bool] = []

    @no_grad()
    def quiet() -> None:
        seen.append(w.tensor().requires_grad)
        inside.set()
        done.wait(10)
        seen.append(w.tensor().requires_grad)

    thread = threading.Thread(target=quiet)
    thread.start()
    inside.wait(10)
    seen.append(w.tensor().requires_grad)
    done.set()
    thread.join()
    assert seen == [False, True, False]


def test_no_grad_holds_in_its_own_task_only() -> None:
    [w] = weights(2.0)
    seen: list[tuple[str, bool]] = []

    async def quiet() -> None:
        with no_grad():
            await asyncio.sleep(0)
            seen.append(("quiet", w.tensor().requires_grad))
            await asyncio.sleep(0)
        seen.append(("after", w.tensor().requires_grad))

    async def loud() -> None:
        for _ in range(4):
            seen.append(("loud", w.tensor().requires_grad))
            await asyncio.sleep(0)

    async def both() -> None:
        await asyncio.gather(quiet(), loud())

    asyncio.run(both())
    assert set(seen) == {("quiet", False), ("loud", True), ("after", True)}


def test_no_grad_in_a_generator_ends_with_it() -> None:
    [w] = weights(2.0)

    def values() -> Iterator[bool]:
        with no_grad():
            yield w.tensor().requires_grad
            yield w.tensor().requires_grad

    assert list(values()) == [False, False]
    assert w.tensor().requires_grad


# Size


def test_a_diamond_of_depth_60() -> None:
    [w] = weights(1.0)
    x = w.tensor()
    for _ in range(60):
        x = x + x
    assert answer(x) == {w: 2.0**60}
    [(gradient, _)] = x.backward(create_graph=True)
    assert gradient.item() == 2.0**60


def test_a_diamond_of_products_to_second_order() -> None:
    [w] = weights(1.0)
    x = w.tensor()
    for _ in range(20):
        x = x * x
    n = 2.0**20
    [(gradient, _)] = x.backward(create_graph=True)
    assert gradient.item() == n
    assert answer(gradient) == {w: n * (n - 1)}


def test_a_ladder_visits_each_rung_once() -> None:
    visits = []

    class CountedGradFn(UnaryGradFn):
        __slots__ = ()

        def vjp(self, g):  # type: ignore[no-untyped-def]
            visits.append(self)
            return g

    [w] = weights(1.0)
    x = w.tensor()
    for _ in range(30):
        x = CountedGradFn().record(x.numpy().copy(), x)
        x = x + x * 0.5
    [(gradient, _)] = x.backward()
    assert gradient.item() == 1.5**30
    assert len(visits) == len(set(visits)) == 30


def test_a_chain_of_a_million_is_built_walked_shown_copied_and_freed() -> None:
    w = TrainableWeight([1.0, 2.0])
    c = Tensor([0.0, 1.0])
    x = w.tensor()
    for _ in range(1_000_000):
        x = x + c
    [(gradient, _)] = x.backward(Tensor([3.0, 4.0]))
    assert gradient.tolist() == [3.0, 4.0]
    assert repr(x).endswith("grad_fn=<AddGradFn>)")
    assert pickle.loads(pickle.dumps(x)).tolist() == copy.deepcopy(x).tolist() == [1.0, 1_000_002.0]
    node = weakref.ref(x)
    del x
    assert node() is None


def test_a_chain_of_mixed_operations_is_walked_on_tensors_and_freed() -> None:
    [w] = weights(0.5)
    x = w.tensor()
    for _ in range(20_000):
        x = (x * 1.0).sin() + 0.1
    [(gradient, _)] = x.backward(create_graph=True)
    [(second, _)] = gradient.backward()
    assert math.isfinite(second.item())
    del x, gradient, second


def test_a_sum_of_many_branches_is_freed() -> None:
    [w] = weights(0.5)
    x = w.tensor()
    total = kytorch.stack([x * float(i) for i in range(10_000)]).sum()
    assert answer(total) == {w: 10_000 * 9_999 / 2}


def test_nothing_is_left_for_the_collector() -> None:
    def step() -> None:
        generator = np.random.default_rng(0)
        w, v = TrainableWeight(generator.standard_normal((3, 3))), TrainableWeight(generator.standard_normal((3, 3)))
        loss = _loss(w, v)
        loss.backward()
        gradients = loss.backward(create_graph=True)
        gradients[0][0].sum().backward()
        x = w.tensor()
        y = x.at[[0, 0]].set(x[[1, 2]])[x > 0].max() + x.softplus().sigmoid().tanh().var() + x.max(1).values.sum()
        y.backward(create_graph=True)[0][0].sum().backward()
        func.grad(lambda z: func.grad(lambda s: (s.exp() * s).sum())(z).sum())(Tensor([1.0, 2.0]))
        with no_grad():
            _loss(w, v)

    step()
    gc.collect()
    gc.disable()
    try:
        step()
        assert gc.collect() == 0
    finally:
        gc.enable()


def test_a_graph_that_is_let_go_frees_its_weights() -> None:
    [w] = weights([1.0])
    held = weakref.ref(w)
    y = w.tensor() * 2
    del w
    assert held() is not None
    del y
    assert held() is None


def test_the_first_layers_gradient_of_the_data_is_not_computed() -> None:
    x = Tensor(np.ones((4, 3)))
    w = TrainableWeight(np.ones((3, 2)))
    y = x @ w.tensor()
    left, right = y.grad_fn.vjps(np.ones((4, 2)), lambda array, grad_fn: array)
    assert left is None
    assert right is not None
