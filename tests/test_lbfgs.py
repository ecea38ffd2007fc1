"""L-BFGS: minimises, remembers, and leaves the weights alone where anything goes wrong."""

import copy
import math
import pickle
from dataclasses import replace

import numpy as np
import pytest

import kytorch as kt
from kytorch import Tensor, TrainableWeight, nn, no_grad, optim
from kytorch.optim import LBFGSState, lbfgs
from kytorch.optim.line_search import Point, strong_wolfe

SEARCHES = pytest.mark.parametrize("search", [None, "strong_wolfe"])
DTYPES = [np.float16, np.float32, np.float64]


def weights(dtype=np.float64):
    return [TrainableWeight(np.array([-1.2, 0.5], dtype)), TrainableWeight(np.array([[1.0], [2.0]], dtype))]


def rosenbrock(x, y):
    """100 (y - x^2)^2 + (1 - x)^2, summed: its minimum is 0, at ones."""
    x, y = x.tensor(), y.tensor().reshape(2)
    return ((y - x * x) ** 2 * 100.0 + (1.0 - x) ** 2).sum()


def square(weight, matrix=None, target=0.0):
    """|matrix w - target|^2"""
    w = weight.tensor()
    return (((w if matrix is None else Tensor(matrix) @ w) - target) ** 2).sum()


def values(ws):
    return [weight.data.copy() for weight in ws]


def assert_unchanged(ws, call, error, match):
    arrays, before = [weight._data for weight in ws], values(ws)
    with pytest.raises(error, match=match):
        call()
    for weight, array, value in zip(ws, arrays, before):
        assert weight._data is array
        np.testing.assert_array_equal(array, value)


# What it does


@SEARCHES
def test_it_finds_the_minimum(search):
    ws, state = weights(), LBFGSState()
    for _ in range(20):
        state = lbfgs(lambda: rosenbrock(*ws), state, line_search_fn=search)
    for weight in ws:
        np.testing.assert_allclose(weight.data, np.ones(weight.shape), atol=1e-4)
    assert state.loss < 1e-9 and state.step <= 400


def test_a_quadratic_takes_hardly_more_iterations_than_dimensions():
    rng = np.random.default_rng(0)
    matrix, target = rng.standard_normal((4, 4)), rng.standard_normal(4)
    weight = TrainableWeight(np.zeros(4))
    closure = lambda: square(weight, matrix, target)
    state = lbfgs(closure, LBFGSState(), max_iter=50, line_search_fn="strong_wolfe")
    np.testing.assert_allclose(weight.data, np.linalg.solve(matrix, target), rtol=1e-4)
    assert state.step < 25


def two_loops(g, changes, gradient_changes):
    """Minus the inverse Hessian of the BFGS formula (Nocedal & Wright 2006, equation 7.16) times g, as matrices."""
    n = g.size
    s, y = changes[-1], gradient_changes[-1]
    inverse = np.eye(n) * (s @ y) / (y @ y)
    for s, y in zip(changes, gradient_changes):
        v = np.eye(n) - np.outer(y, s) / (y @ s)
        inverse = v.T @ inverse @ v + np.outer(s, s) / (y @ s)
    return -inverse @ g


@pytest.mark.parametrize("history_size", [1, 3, 100])
def test_without_a_search_each_step_is_lr_along_the_bfgs_direction(history_size):
    start, lr = np.array([1.0, -2.0, 0.5]), 0.25
    loss = lambda x: (x**4 + x.flip(0) ** 2 * 2.0 + x).sum()
    slope = lambda x: 4.0 * x**3 + 4.0 * x + 1.0
    weight = TrainableWeight(start)
    x, g, changes, gradient_changes, before = start, slope(start), [], [], np.zeros((0, 3))
    state = LBFGSState()
    for step in range(6):
        direction = two_loops(g, changes, gradient_changes) if step else -g
        moved = x + direction * (lr if step else min(1.0, 1.0 / np.abs(g).sum()) * lr)
        changes = [*changes, moved - x][-history_size:]
        gradient_changes = [*gradient_changes, slope(moved) - g][-history_size:]
        x, g = moved, slope(moved)
        state = lbfgs(lambda: loss(weight.tensor()), state, lr=lr, max_iter=1, history_size=history_size)
        np.testing.assert_allclose(weight.data, x, rtol=1e-9)
        assert state.step == state.evaluations == step + 1
        np.testing.assert_allclose(state.changes[weight], before, rtol=1e-9)
        before = np.array(changes)


@SEARCHES
def test_many_iterations_in_one_call_are_those_of_many_calls(search):
    one, many = weights(), weights()
    options = {"lr": 0.01 if search is None else 1.0, "line_search_fn": search, "tolerance_change": 0.0}
    whole = lbfgs(lambda: rosenbrock(*one), LBFGSState(), max_iter=12, max_eval=1000, **options)
    state = LBFGSState()
    for _ in range(12):
        state = lbfgs(lambda: rosenbrock(*many), state, max_iter=1, max_eval=1000, **options)
    assert whole.step == state.step == 12 and state.evaluations > whole.evaluations - 1
    for a, b in zip(one, many):
        np.testing.assert_array_equal(a.data, b.data)


def test_the_closure_is_called_as_often_as_the_state_says_and_at_most_max_eval_times():
    for max_iter, max_eval, calls in ((10, None, 10), (10, 4, 4), (1, None, 1)):
        ws, counted = weights(), []
        closure = lambda ws=ws, counted=counted: counted.append(1) or rosenbrock(*ws)
        state = lbfgs(closure, LBFGSState(), lr=1e-3, max_iter=max_iter, max_eval=max_eval)
        assert len(counted) == state.evaluations == calls


def test_the_loss_with_a_search_is_that_of_the_weights_as_they_are():
    ws, state = weights(), LBFGSState()
    start = rosenbrock(*ws).item()
    for _ in range(5):
        state = lbfgs(lambda: rosenbrock(*ws), state, max_iter=3, line_search_fn="strong_wolfe")
        assert state.loss == rosenbrock(*ws).item() < start
        start = state.loss


def test_at_a_minimum_nothing_moves():
    weight = TrainableWeight(np.zeros(3))
    before = weight._data
    state = lbfgs(lambda: square(weight), LBFGSState())
    assert weight._data is before and (state.step, state.evaluations, state.loss) == (0, 1, 0.0)
    weight.update(np.ones(3))
    state = lbfgs(lambda: square(weight), state)
    assert state.loss < 1e-10


def test_a_line_without_slope_moves_nothing():
    weight = TrainableWeight(np.ones(3))
    before = weight._data
    state = LBFGSState()
    for _ in range(2):
        state = lbfgs(lambda: weight.tensor().sum() * 1e-6, state, tolerance_change=1e-3)
    assert weight._data is before and not state.change[weight].any() and state.changes[weight].shape == (0, 3)


def test_what_moved_nothing_is_not_remembered_as_a_change():
    weight = TrainableWeight(np.array([3.0, -1.0]))
    closure = lambda: square(weight, np.diag([1.0, 3.0]))
    state = lbfgs(closure, LBFGSState(), max_iter=3, lr=0.1)
    assert state.change[weight].any()
    still = lbfgs(closure, state, tolerance_change=1e6)
    assert still.step == state.step + 1 and not still.change[weight].any()
    assert len(still.changes[weight]) == len(state.changes[weight]) + 1
    assert len(lbfgs(closure, still, tolerance_change=1e6).changes[weight]) == len(still.changes[weight])


def test_an_empty_weight_and_a_scalar_are_minimised_too():
    empty, scalar = TrainableWeight(np.zeros((0, 2))), TrainableWeight(np.array(3.0))
    loss = lambda: empty.tensor().sum() + (scalar.tensor() - 1.0) ** 2
    state = lbfgs(loss, LBFGSState(), line_search_fn="strong_wolfe")
    assert scalar.shape == () and scalar.data == pytest.approx(1.0)
    assert state.gradient[empty].shape == (0, 2) and state.changes[scalar].ndim == 1


@SEARCHES
@pytest.mark.parametrize("dtype", DTYPES)
def test_dtypes_shapes_and_layouts_stay_and_the_old_arrays_too(dtype, search):
    weight = TrainableWeight(np.asfortranarray(np.arange(6.0).reshape(2, 3), dtype))
    old, before, layout = weight._data, weight.data.copy(), weight._data.strides
    state = lbfgs(lambda: square(weight), LBFGSState(), line_search_fn=search)
    assert weight.dtype == dtype and weight._data.strides == layout and not weight._data.flags.writeable
    np.testing.assert_allclose(weight.data, np.zeros((2, 3)), atol=1e-3)
    np.testing.assert_array_equal(old, before)
    wide = np.float64 if dtype is np.float64 else np.float32
    for by_weight in state.arrays().values():
        assert by_weight[weight].dtype == wide and not by_weight[weight].flags.writeable


def test_weights_of_several_dtypes_are_minimised_together():
    ws = [TrainableWeight(np.full(2, 3.0, dtype)) for dtype in DTYPES]
    loss = lambda: sum(((w.tensor().to(np.float64) - 1.0) ** 2).sum() for w in ws)
    lbfgs(loss, LBFGSState(), max_iter=20, line_search_fn="strong_wolfe")
    for w, dtype in zip(ws, DTYPES):
        assert w.dtype == dtype
        np.testing.assert_allclose(w.data, np.ones(2), atol=2e-3)


# What it remembers


def test_a_state_is_never_changed_and_the_same_one_gives_the_same_step_bit_for_bit():
    ws = weights()
    state = lbfgs(lambda: rosenbrock(*ws), LBFGSState(), lr=0.1, max_iter=5)
    start, kept = values(ws), {name: values_of(x) for name, x in state.arrays().items()}
    runs = []
    for _ in range(2):
        for weight, value in zip(ws, start):
            weight.update(value)
        lbfgs(lambda: rosenbrock(*ws), state, lr=0.1, max_iter=5)
        runs.append(values(ws))
    for a, b, c in zip(*runs, start):
        np.testing.assert_array_equal(a, b)
        assert not np.array_equal(a, c)
    for name, by_weight in state.arrays().items():
        for array, value in zip(by_weight.values(), kept[name]):
            np.testing.assert_array_equal(array, value)


def values_of(by_weight):
    return [array.copy() for array in by_weight.values()]


def test_a_state_is_frozen_shown_and_copied_with_its_weights():
    ws = weights()
    state = lbfgs(lambda: rosenbrock(*ws), LBFGSState(), lr=0.1, max_iter=4)
    with pytest.raises(AttributeError):
        state.loss = 0.0
    assert repr(state).startswith(f"LBFGSState(step=4, evaluations=4, loss={state.loss}, gradient=<of 2 weights>")
    for others, again in (copy.deepcopy((ws, state)), pickle.loads(pickle.dumps((ws, state)))):
        assert list(again.changes) == list(again.gradient) and set(again.changes) == set(others)
        lbfgs(lambda others=others: rosenbrock(*others), again, lr=0.1)
    expected = values(others)
    lbfgs(lambda: rosenbrock(*ws), state, lr=0.1)
    for weight, value in zip(ws, expected):
        np.testing.assert_array_equal(weight.data, value)


def test_a_state_shares_the_vectors_of_the_one_before():
    ws = weights()
    options = {"lr": 1e-3, "max_iter": 3, "max_eval": 9, "history_size": 4}
    before = lbfgs(lambda: rosenbrock(*ws), LBFGSState(), **options)
    after = lbfgs(lambda: rosenbrock(*ws), before, **options)
    assert [len(state.changes[ws[0]]) for state in (before, after)] == [2, 4]
    for old, new in zip(before.changes.pairs[1:], after.changes.pairs):
        assert old is new and not new.change.flags.writeable and not new.gradient_change.flags.writeable


def test_the_history_is_a_mapping_from_weights_to_rows():
    ws = weights()
    state = lbfgs(lambda: rosenbrock(*ws), LBFGSState(), lr=1e-3, max_iter=3, max_eval=9)
    for history in (state.changes, state.gradient_changes):
        assert list(history) == list(state.gradient) and len(history) == 2 and set(history) == set(ws)
        assert [history[weight].shape for weight in ws] == [(2, 2), (2, 2, 1)]
        assert history.get(weights()[0]) is None and history[ws[0]] is not history[ws[0]]
    moved = state.changes[ws[1]].sum(0) + state.change[ws[1]]
    np.testing.assert_allclose(ws[1].data, weights()[1].data + moved, rtol=1e-14)


def test_what_is_replaced_in_a_state_counts():
    ws = weights()
    options = {"lr": 1e-3, "max_iter": 3, "max_eval": 9}
    state = lbfgs(lambda: rosenbrock(*ws), LBFGSState(), **options)
    doubled = {weight: 2.0 * rows for weight, rows in state.gradient_changes.items()}
    start, runs = values(ws), []
    other = lbfgs(lambda: rosenbrock(*ws) * 2.0, LBFGSState(), **options).gradient_changes
    for changed in (state.gradient_changes, doubled, other):
        for weight, value in zip(ws, start):
            weight.update(value)
        lbfgs(lambda: rosenbrock(*ws), replace(state, gradient_changes=changed), **options)
        runs.append(values(ws))
    assert not any(np.array_equal(runs[0][0], run[0]) for run in runs[1:])


def test_weights_of_several_dtypes_go_on_from_a_copied_state_bit_for_bit():
    ws = [TrainableWeight(np.linspace(1.0, 2.0, 7).astype(dtype)) for dtype in DTYPES]

    def loss():
        x, y, z = (w.tensor().to(np.float64) for w in ws)
        return ((x * 3.0 - y) ** 2 + (y - z * z) ** 4 + z.sin()).sum()

    state = LBFGSState()
    for _ in range(3):
        state = lbfgs(loss, state, lr=0.1, max_iter=4)
    for array in [x for by_weight in state.arrays().values() for x in by_weight.values()]:
        assert not array.flags.writeable and (array.base is None or not array.base.flags.writeable)
    plain = {name: dict(by_weight) for name, by_weight in state.arrays().items()}
    start, runs = values(ws), []
    for going in (state, LBFGSState(**state.numbers(), **plain)):
        for weight, value in zip(ws, start):
            weight.update(value)
        going = lbfgs(loss, going, lr=0.1, max_iter=4)
        runs.append([*values(ws), *[x for by_weight in going.arrays().values() for x in by_weight.values()]])
    for a, b in zip(*runs):
        np.testing.assert_array_equal(a, b)


def test_weights_that_were_converted_since_are_refused():
    model, closure = network()
    state = lbfgs(closure, LBFGSState(), max_iter=3)
    model.to(np.float64)
    x = Tensor(np.ones((2, 3)))
    with pytest.raises(ValueError, match=r"gradient of weight 0 is float32 .*expected float64"):
        lbfgs(lambda: model(x).sum(), state)


def network():
    generator = kt.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 1))
    x, y = (Tensor(generator.standard_normal(shape).astype(np.float32)) for shape in ((20, 3), (20, 1)))
    return model, lambda: nn.functional.mse_loss(model(x), y)


@SEARCHES
def test_a_saved_state_goes_on_as_if_never_interrupted(tmp_path, search):
    model, closure = network()
    options = {"lr": 0.1 if search is None else 1.0, "max_iter": 4, "history_size": 5, "line_search_fn": search}
    state = LBFGSState()
    for _ in range(3):
        state = lbfgs(closure, state, **options)
    kt.save(model, tmp_path / "x.npz", optimizer=state)
    lbfgs(closure, state, **options)
    other, again = network()
    found = kt.load(other, tmp_path / "x.npz", optimizer=LBFGSState()).optimizer
    assert found.numbers() == state.numbers()
    lbfgs(again, found, **options)
    for a, b in zip(model.weights(), other.weights()):
        np.testing.assert_array_equal(a.data, b.data)


def test_states_that_do_not_fit_are_refused():
    ws, others = weights(), weights()
    state = lbfgs(lambda: rosenbrock(*ws), LBFGSState(), lr=0.1, max_iter=4)
    assert_unchanged(
        others, lambda: lbfgs(lambda: rosenbrock(*others), state), ValueError, "2 weights that are not the 2"
    )
    one = lambda: square(ws[0])
    assert_unchanged(ws, lambda: lbfgs(one, state), ValueError, "1 weights that are not the 2")
    assert_unchanged(ws, lambda: lbfgs(one, optim.AdamState()), TypeError, "LBFGSState, not AdamState")
    wrong = np.zeros((2, 3))
    by_weight, rows = {ws[0]: wrong}, {ws[0]: np.zeros((1, 2))}
    state = LBFGSState(1, 1, 0.0, by_weight, by_weight, rows, rows)
    assert_unchanged(ws, lambda: lbfgs(one, state), ValueError, r"gradient of weight 0 is float64 of shape \(2, 3\)")
    with pytest.raises(ValueError, match="same weights"):
        LBFGSState(gradient=by_weight)
    with pytest.raises(ValueError, match="as many entries"):
        LBFGSState(1, 1, 0.0, by_weight, by_weight, rows, {ws[0]: np.zeros((2, 2))})
    with pytest.raises(ValueError, match="evaluations"):
        LBFGSState(evaluations=-1)


# All or nothing


@SEARCHES
@pytest.mark.parametrize("call", [1, 2, 3, 6])
@pytest.mark.parametrize("error", [RuntimeError, KeyboardInterrupt])
def test_an_error_of_the_closure_leaves_the_weights_as_they_were(search, call, error):
    ws, calls = weights(), []

    def closure():
        calls.append(1)
        if len(calls) == call:
            raise error("stop")
        return rosenbrock(*ws)

    options = {"lr": 0.01 if search is None else 1.0, "line_search_fn": search}
    assert_unchanged(ws, lambda: lbfgs(closure, LBFGSState(), **options), error, "stop")


@SEARCHES
@pytest.mark.parametrize("value", [math.nan, math.inf])
def test_a_loss_that_is_not_finite_leaves_the_weights_as_they_were(search, value):
    ws, calls = weights(), []

    def closure():
        calls.append(1)
        return rosenbrock(*ws) * (value if len(calls) == 3 else 1.0)

    options = {"lr": 0.01 if search is None else 1.0, "line_search_fn": search}
    assert_unchanged(ws, lambda: lbfgs(closure, LBFGSState(), **options), ValueError, "the loss is (nan|inf)")
    assert len(calls) == 3


@SEARCHES
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_step_that_overflows_leaves_the_weights_as_they_were(dtype, search):
    ws = [TrainableWeight(np.full(1, np.finfo(dtype).max * 0.9, dtype))]
    loss = lambda: -ws[0].tensor().sum()
    call = lambda: lbfgs(loss, LBFGSState(), lr=float(np.finfo(dtype).max), max_iter=2, line_search_fn=search)
    assert_unchanged(ws, call, ValueError, "overflows")


def test_the_closure_warns_as_it_does_elsewhere():
    ws = weights(np.float32)
    call = lambda: lbfgs(lambda: (ws[0].tensor() * 1e30 * 1e30).sum() * 0.0, LBFGSState())
    assert_unchanged(ws, call, RuntimeWarning, "overflow")


def test_a_loss_of_other_weights_than_the_first_time_is_refused():
    ws, calls = weights(), []

    def closure():
        calls.append(1)
        return rosenbrock(*ws) if len(calls) < 3 else (ws[0].tensor() ** 2).sum()

    assert_unchanged(ws, lambda: lbfgs(closure, LBFGSState(), lr=0.01), ValueError, "other weights than the first time")


@pytest.mark.parametrize(
    ("answer", "error", "match"),
    [
        (lambda w: 1.0, TypeError, "a Tensor, not float"),
        (lambda w: (w.tensor() ** 2).sum().backward(), TypeError, "a Tensor, not list"),
        (lambda w: w.tensor(), ValueError, "backward"),
        (lambda w: w.tensor().detach().sum(), ValueError, "backward"),
    ],
)
def test_a_closure_that_answers_no_loss_is_refused(answer, error, match):
    ws = weights()
    assert_unchanged(ws, lambda: lbfgs(lambda: answer(ws[0]), LBFGSState()), error, match)


def test_under_no_grad_there_is_nothing_to_descend():
    ws = weights()
    with no_grad():
        assert_unchanged(ws, lambda: lbfgs(lambda: rosenbrock(*ws), LBFGSState()), ValueError, "backward")


@pytest.mark.parametrize(
    ("options", "error", "named"),
    [
        ({"lr": 0.0}, ValueError, "lr"),
        ({"lr": "1"}, TypeError, "lr"),
        ({"max_iter": 0}, ValueError, "max_iter"),
        ({"max_iter": 2.0}, TypeError, "max_iter"),
        ({"max_eval": 0}, ValueError, "max_eval"),
        ({"tolerance_grad": -1.0}, ValueError, "tolerance_grad"),
        ({"tolerance_change": math.nan}, ValueError, "tolerance_change"),
        ({"history_size": 0}, ValueError, "history_size"),
        ({"line_search_fn": "wolfe"}, ValueError, "line_search_fn"),
    ],
)
def test_wrong_options_are_refused(options, error, named):
    ws = weights()
    assert_unchanged(ws, lambda: lbfgs(lambda: rosenbrock(*ws), LBFGSState(), **options), error, named)


def test_gradients_in_place_of_the_closure_are_refused():
    ws = weights()
    call = lambda: lbfgs(rosenbrock(*ws).backward(), LBFGSState())
    assert_unchanged(ws, call, TypeError, "a function that answers the loss, not list")


# The line search

LINES = {
    "a parabola": (lambda t: (t - 3.0) ** 2, lambda t: 2.0 * (t - 3.0)),
    "a wave": (lambda t: math.sin(t) - t / 4, lambda t: math.cos(t) - 1 / 4),
    "a wall": (lambda t: -t + math.exp(5.0 * (t - 1.0)), lambda t: -1.0 + 5.0 * math.exp(5.0 * (t - 1.0))),
    "More and Thuente's first": (
        lambda t: -t / (t * t + 2.0),
        lambda t: (t * t - 2.0) / (t * t + 2.0) ** 2,
    ),
}


@pytest.mark.parametrize("line", LINES.values(), ids=LINES)
@pytest.mark.parametrize("length", [1e-3, 0.1, 1.0, 4.0, 10.0])
def test_the_search_ends_where_the_strong_wolfe_conditions_hold(line, length):
    sign = 1.0 if line[1](0.0) < 0 else -1.0
    calls = []

    def at(t):
        calls.append(t)
        return Point(t, sign * line[0](t), sign * line[1](t), np.zeros(1))

    start = at(0.0)
    point, tries = strong_wolfe(at, start, length, 1.0, 1e-12, 50)
    assert tries == len(calls) - 1
    assert point.length > 0.0 and point == at(point.length)
    assert point.loss <= start.loss + 1e-4 * point.length * start.slope
    assert abs(point.slope) <= 0.9 * abs(start.slope)


def test_the_search_stops_after_its_most_calls_with_the_best_it_has():
    at = lambda t: Point(t, -t, -1.0, np.zeros(1))  # falls for ever
    for most in (0, 1, 5):
        point, tries = strong_wolfe(at, at(0.0), 1.0, 1.0, 1e-9, most)
        assert tries == most + 1 and point.loss <= -1.0
    rises = lambda t: Point(t, t, 1.0 if t else -1.0, np.zeros(1))  # its slope at 0 is a lie
    point, tries = strong_wolfe(rises, rises(0.0), 1.0, 1.0, 1e-9, 4)
    assert tries == 5 and point.length == 0.0
    point, _ = strong_wolfe(rises, rises(0.0), 1.0, 1.0, 0.0, 3000)  # until the bracket has no length
    assert point.length == 0.0
