"""Laws of every optimizer in the table: dtypes, states that are values, steps that are all or nothing, checkpoints."""

import copy
import inspect
import math
import pickle

import numpy as np
import pytest
from optimizers import DTYPES, ROWS, descent, pairs, start

import kytorch as kt
from kytorch import Tensor, TrainableWeight, nn, optim

rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
ALONE = {row.name: [{}, *[{name: value} for name, value in row.options.items()]] for row in ROWS}


def values(gradients):
    return [weight.data.copy() for _, weight in gradients]


def remembered(state, weights):
    """All that `state` holds, with numbers for `weights`."""
    fields = state.arrays() | state.counts() | state.factors()
    number = {weight: i for i, weight in enumerate(weights)}
    return state.numbers(), {
        name: {number[w]: np.asarray(x).tolist() for w, x in f.items()} for name, f in fields.items()
    }


def listed(gradients):
    return [weight for _, weight in gradients]


def assert_refused(step, gradients, error, match):
    before = [weight._data for _, weight in gradients]
    with pytest.raises(error, match=match):
        step(gradients)
    assert all(weight._data is array for array, (_, weight) in zip(before, gradients))


def test_every_optimizer_has_a_row_with_all_its_options():
    functions = [f for f in vars(optim).values() if inspect.isfunction(f)]
    parameters = {f: list(inspect.signature(f).parameters) for f in functions}
    steps = {f: set(names[2:]) for f, names in parameters.items() if names[:2] == ["gradients", "state"]}
    del steps[optim.gradient_descent]  # whose row is that with momentum
    assert {row.step: {"lr", *row.options} for row in ROWS if row.step is not descent} == steps


# Dtypes and shapes


@rows
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_step_keeps_dtype_and_shape_and_leaves_the_old_arrays(row, dtype):
    gradients = pairs(row, dtype)
    old, before = [weight._data for _, weight in gradients], values(gradients)
    state = row.state()
    for _ in range(3):
        state = row.step(gradients, state, lr=0.1, **row.options)
    for array, value, (_, weight) in zip(old, before, gradients):
        assert weight.dtype == dtype and weight.shape == value.shape
        assert not np.array_equal(weight.data, value)
        np.testing.assert_array_equal(array, value)
        assert not weight.ndim or not weight._data.flags.writeable
    working = np.float32 if dtype is np.float16 else dtype
    for by_weight in state.arrays().values():
        assert all(array.dtype == working for array in by_weight.values())


@rows
def test_a_step_of_float16_is_that_of_float32_rounded(row):
    halves = pairs(row, np.float16)
    singles = [(Tensor(g.numpy().astype(np.float32)), TrainableWeight(w.data.astype(np.float32))) for g, w in halves]
    half, single = row.step(halves, row.state(), lr=0.1), row.step(singles, row.state(), lr=0.1)
    for (_, w), (_, wide) in zip(halves, singles):
        np.testing.assert_array_equal(w.data, wide.data.astype(np.float16))
    assert remembered(half, listed(halves)) == remembered(single, listed(singles))


@rows
def test_float32_agrees_with_float64_to_its_precision(row):
    single, double = pairs(row, np.float32), pairs(row, np.float64)
    for gradients in (single, double):
        state = row.state()
        for _ in range(10):
            state = row.step(gradients, state, lr=0.01, **row.options)
    for (_, w), (_, wide) in zip(single, double):
        np.testing.assert_allclose(w.data, wide.data, rtol=0, atol=1e-4)


@rows
@pytest.mark.parametrize("number", [1, np.float64(0.5), np.float32(0.5), np.int64(1)])
def test_a_learning_rate_of_any_kind_of_number_keeps_the_dtype(row, number):
    gradients = pairs(row)
    row.step(gradients, row.state(), lr=number)
    assert all(weight.dtype == np.float32 for _, weight in gradients)


@rows
def test_weights_without_elements_and_gradients_of_zero_are_taken(row):
    values = [np.zeros((0, 2)), np.zeros((2, 0)), np.ones((2, 2))]
    gradients = [(Tensor(np.zeros(w.shape)), TrainableWeight(w)) for w in values]
    state = row.state()
    for _ in range(3):
        state = row.step(gradients, state, lr=0.1, weight_decay=0.0)
    for w, (_, weight) in zip(values, gradients):
        np.testing.assert_array_equal(weight.data, w)


@rows
@pytest.mark.parametrize("order", ["C", "F"])
def test_how_arrays_lie_in_memory_does_not_tell(row, order):
    rng = np.random.default_rng(5)
    w, g = rng.standard_normal((6, 4)), rng.standard_normal((6, 4))
    ends = []
    for laid in (np.ascontiguousarray, lambda x: np.array(x, order=order), lambda x: np.repeat(x, 2, 1)[:, ::2]):
        weight, state = TrainableWeight(np.zeros((6, 4))), row.state()
        weight._data = laid(w)
        for _ in range(3):
            state = row.step([(kt.from_numpy(laid(g)), weight)], state, lr=0.1)
        ends.append(weight.data)
    for end in ends[1:]:
        np.testing.assert_allclose(end, ends[0], rtol=1e-12)


ELEMENTWISE = [row for row in ROWS if row.name not in ("lamb", "muon", "adafactor")]


@pytest.mark.parametrize("row", ELEMENTWISE, ids=lambda row: row.name)
def test_a_large_weight_moves_as_its_parts_would(row):
    rng = np.random.default_rng(6)
    w, g = rng.standard_normal((2, 300, 401)).astype(np.float32)
    whole, parts = TrainableWeight(w), [TrainableWeight(x) for x in w]
    state, states = row.state(), row.state()
    for _ in range(2):
        state = row.step([(Tensor(g), whole)], state, lr=0.1, **row.options)
        states = row.step([(Tensor(x), part) for x, part in zip(g, parts)], states, lr=0.1, **row.options)
    np.testing.assert_array_equal(whole.data, [part.data for part in parts])


# States


@rows
def test_a_state_is_never_changed_and_steps_from_it_repeat_bit_for_bit(row):
    gradients = pairs(row)
    first = row.step(gradients, row.state(), lr=0.1, **row.options)
    kept, weights = remembered(first, listed(gradients)), values(gradients)
    ends = []
    for _ in range(2):
        for value, (_, weight) in zip(weights, gradients):
            weight.update(value)
        state = first
        for _ in range(4):
            state = row.step(gradients, state, lr=0.1, **row.options)
        assert remembered(first, listed(gradients)) == kept
        ends.append([[w.tolist() for w in values(gradients)], remembered(state, listed(gradients))])
    assert ends[0] == ends[1] != [[w.tolist() for w in weights], kept]


@rows
def test_the_step_is_counted_and_weights_that_are_not_listed_keep_their_entries(row):
    gradients = pairs(row)
    both = row.step(gradients, row.state())
    later = row.step(gradients[:1], both)
    assert (both.step, later.step) == (1, 2)
    for name, by_weight in later.arrays().items():
        assert list(by_weight) == list(both.arrays()[name])
        for _, weight in gradients[1:]:
            assert by_weight.get(weight) is both.arrays()[name].get(weight)
    assert row.step([], row.state()).step == 1


@rows
def test_a_state_is_frozen_and_copies_with_its_weights(row):
    gradients = pairs(row)
    state = row.step(gradients, row.state(), **row.options)
    for name in state.arrays():
        with pytest.raises(AttributeError):
            setattr(state, name, {})
    for copied, again in (copy.deepcopy((gradients, state)), pickle.loads(pickle.dumps((gradients, state)))):
        assert remembered(again, listed(copied)) == remembered(state, listed(gradients))


@rows
def test_the_state_of_another_optimizer_is_refused(row):
    for other in {other.state for other in ROWS} - {row.state}:
        match = f"{row.state.__name__}.*not {other.__name__}"
        assert_refused(lambda g, s=other: row.step(g, s()), pairs(row), TypeError, match)
    assert_refused(lambda g: row.step(g, row.state), pairs(row), TypeError, row.state.__name__)
    assert_refused(lambda g: row.step(g, None), pairs(row), TypeError, row.state.__name__)


@rows
@pytest.mark.parametrize("step", [-1, 1.0, True, "1"])
def test_a_step_that_is_no_count_is_refused(row, step):
    with pytest.raises(ValueError, match="step"):
        row.state(step)


@rows
def test_a_state_of_another_shape_or_dtype_is_refused(row):
    gradients = [(Tensor(np.ones((2, 3), np.float32)), TrainableWeight(np.ones((2, 3), np.float32)))]
    weight = gradients[0][1]
    state = row.step(gradients, row.state())
    for other in (np.ones((3, 2), np.float32), np.ones((2, 3))):
        weight._data = other
        step = lambda g: row.step(g, state)
        assert_refused(step, [(Tensor(other), weight)], ValueError, "the state's")


# All or nothing


@rows
@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_gradient_that_is_not_finite_changes_no_weight(row, wrong, dtype):
    gradients = pairs(row, dtype)
    values = gradients[3][0].numpy().copy()
    values[1, 1] = wrong
    gradients[3] = (Tensor(values), gradients[3][1])
    for options in ALONE[row.name]:
        step = lambda g, options=options: row.step(g, row.state(), **options)
        assert_refused(step, gradients, ValueError, r"weight 3, of shape .* not finite in 1")


@rows
def test_a_step_that_overflows_changes_no_weight(row):
    far = np.array([[3.4e38, -3.4e38]] * 2, np.float32)
    gradients = [*pairs(row), (Tensor(-np.ones((2, 2), np.float32)), TrainableWeight(far))]
    for options in ALONE[row.name]:
        step = lambda g, options=options: row.step(g, row.state(), lr=3e38, **options)
        assert_refused(step, gradients, ValueError, r"overflows: weight \d")


@rows
def test_a_weight_that_is_listed_twice_is_refused(row):
    gradients = pairs(row)
    assert_refused(lambda g: row.step(g, row.state()), [*gradients, gradients[1]], ValueError, "is weight 1 again")


# Checkpoints


class Weights(nn.Module):
    """A weight of each of the row's shapes."""

    def __init__(self, row, dtype):
        self.ws = nn.ParameterList([TrainableWeight(w) for w in start(row, dtype)])

    def forward(self) -> None:
        pass


@rows
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_run_continues_from_a_checkpoint_bit_for_bit(row, dtype, tmp_path):
    def stepped(model, state, seed):
        gradients = [(Tensor(g), w) for g, w in zip(start(row, dtype, seed), model.weights())]
        # the first weight joins late
        return row.step(gradients[seed < 4 :], state, lr=0.01, **row.options)

    model, state = Weights(row, dtype), row.state()
    for seed in range(3, 6):
        state = stepped(model, state, seed)
    path = tmp_path / "run.npz"
    kt.save(model, path, optimizer=state)
    other = Weights(row, dtype)
    resumed = kt.load(other, path, optimizer=row.state()).optimizer
    assert type(resumed) is row.state
    assert remembered(resumed, other.weights()) == remembered(state, model.weights())
    for seed in range(6, 9):
        state, resumed = stepped(model, state, seed), stepped(other, resumed, seed)
    for mine, theirs in zip(model.weights(), other.weights()):
        np.testing.assert_array_equal(mine.data, theirs.data)
    assert remembered(resumed, other.weights()) == remembered(state, model.weights())
