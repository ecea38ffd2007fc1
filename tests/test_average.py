"""The moving average of a model's weights, and the model with it."""

import copy
import math

import numpy as np
import pytest

import kytorch as kt
from kytorch import Tensor, TrainableWeight, nn, optim
from kytorch.optim import AverageState, average_weights, averaged

DTYPES = [np.float16, np.float32, np.float64]


def small(dtype=np.float64):
    kt.manual_seed(0)
    return nn.Sequential(nn.Linear(3, 2), nn.BatchNorm1d(2)).to(dtype)


def moved(model, rng):
    for weight in model.weights():
        weight.update(rng.standard_normal(weight.shape).astype(weight.dtype))
    return {path: weight.data for path, weight in model.named_weights()}


def by_path(model, state):
    return {path: state.average[weight] for path, weight in model.named_weights()}


@pytest.mark.parametrize("decay", [0.0, 0.1, 0.5, 0.9, 0.999])
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_first_average_is_the_weight_and_the_next_ones_move_towards_it(dtype, decay):
    model, state, rng = small(dtype), AverageState(), np.random.default_rng(1)
    expected = None
    for step in range(1, 6):
        now = {path: w.astype(np.float64) for path, w in moved(model, rng).items()}
        state = average_weights(model, state, decay=decay)
        expected = now if expected is None else {p: decay * e + (1.0 - decay) * now[p] for p, e in expected.items()}
        assert state.step == step and list(state.average) == list(model.weights())
        for path, average in by_path(model, state).items():
            assert average.dtype == (np.float64 if dtype is np.float64 else np.float32)
            assert not average.flags.writeable
            np.testing.assert_allclose(average, expected[path], rtol=1e-6 if dtype is not np.float64 else 1e-13)


def test_a_decay_of_0_is_the_weight_itself():
    model, rng = small(), np.random.default_rng(0)
    state = average_weights(model, AverageState())
    now = moved(model, rng)
    for path, average in by_path(model, average_weights(model, state, decay=0.0)).items():
        np.testing.assert_array_equal(average, now[path])


def test_a_decay_that_grows_with_the_step_makes_the_mean_of_all_steps():
    model, state, rng, seen = small(), AverageState(), np.random.default_rng(0), []
    for _ in range(7):
        seen.append(moved(model, rng))
        state = average_weights(model, state, decay=state.step / (state.step + 1))
    for path, average in by_path(model, state).items():
        np.testing.assert_allclose(average, np.mean([now[path] for now in seen], axis=0), rtol=1e-13)


def test_a_state_is_never_changed_and_the_weights_neither():
    model, rng = small(), np.random.default_rng(0)
    first = average_weights(model, AverageState())
    kept, arrays = copy.deepcopy(by_path(model, first)), [weight._data for weight in model.weights()]
    moved(model, rng)
    average_weights(model, first)
    assert first.step == 1 and repr(first) == "AverageState(step=1, average=<of 4 weights>)"
    for path, average in by_path(model, first).items():
        np.testing.assert_array_equal(average, kept[path])
    assert AverageState().average == {} and all(w._data is not a for w, a in zip(model.weights(), arrays))


def test_the_averages_of_other_models_weights_stay():
    one, other = small(), small()
    state = average_weights(other, average_weights(one, AverageState()))
    assert list(state.average) == [*one.weights(), *other.weights()]


@pytest.mark.parametrize("kept", [False, True])
@pytest.mark.parametrize("layout", [np.asarray, np.asfortranarray, lambda w: w[:, ::2]])
def test_large_weights_are_averaged_as_small_ones_are_and_no_kept_state_changes(layout, kept):
    model, rng = nn.Linear(300, 400, bias=False), np.random.default_rng(0)  # longer than a block
    model.weight = TrainableWeight(layout(model.weight.data))
    state, states = average_weights(model, AverageState()), []
    expected = model.weight.data.copy()
    for _ in range(5):
        expected = 0.75 * expected + 0.25 * moved(model, rng)["weight"]
        if kept:
            states.append((state, state.average[model.weight].copy()))
        state = average_weights(model, state, decay=0.75)
        np.testing.assert_allclose(state.average[model.weight], expected, rtol=1e-4, atol=1e-5)
        assert state.average[model.weight].strides == model.weight._data.strides
    for old, average in states:
        np.testing.assert_array_equal(old.average[model.weight], average)


def test_an_average_that_was_saved_in_another_layout_goes_on():
    model, rng = nn.Linear(3, 2, bias=False), np.random.default_rng(0)
    model.weight = TrainableWeight(np.asfortranarray(model.weight.data))
    first = np.ascontiguousarray(model.weight.data)
    state = AverageState(1, {model.weight: first})
    now = moved(model, rng)["weight"]
    found = average_weights(model, state, decay=0.75).average[model.weight]
    np.testing.assert_allclose(found, 0.75 * first + 0.25 * now, rtol=1e-6)


# The model with them


@pytest.mark.parametrize("dtype", DTYPES)
def test_within_the_context_the_model_has_the_averages_and_then_its_own_weights_again(dtype):
    model, rng = small(dtype).eval(), np.random.default_rng(0)
    state = average_weights(model, AverageState())
    at_first = {path: weight.data for path, weight in model.named_weights()}
    x = Tensor(rng.standard_normal((5, 3)).astype(dtype))
    with averaged(model, state):
        expected = model(x)
    moved(model, rng)
    own, arrays = model(x), [weight._data for weight in model.weights()]
    with averaged(model, state) as nothing:
        assert nothing is None
        np.testing.assert_array_equal(model(x).numpy(), expected.numpy())
        assert not any(weight._data.flags.writeable for weight in model.weights())
        for path, array in at_first.items():
            np.testing.assert_array_equal(model.state_dict()[path], array)
            assert model.state_dict()[path].dtype == dtype
    np.testing.assert_array_equal(model(x).numpy(), own.numpy())
    assert not np.array_equal(own.numpy(), expected.numpy())
    assert all(weight._data is array for weight, array in zip(model.weights(), arrays))


@pytest.mark.parametrize("error", [KeyboardInterrupt, ValueError])
def test_after_an_error_too_weights_and_buffers_are_what_they_were(error):
    model, rng = small(), np.random.default_rng(0)
    state = average_weights(model, AverageState())
    moved(model, rng)
    before = model.state_dict()
    with pytest.raises(error), averaged(model, state):
        model(Tensor(rng.standard_normal((5, 3))))  # in training mode it changes the running statistics
        moved(model, rng)
        assert not np.array_equal(model.state_dict()["1.running_mean"], before["1.running_mean"])
        raise error
    after = model.state_dict()
    assert before.keys() == after.keys() and all(np.array_equal(before[path], after[path]) for path in before)


def test_the_averages_are_the_state_of_a_saved_model(tmp_path):
    model, rng = small(), np.random.default_rng(0)
    state = average_weights(model, average_weights(model, AverageState()))
    moved(model, rng)
    with averaged(model, state):
        kt.save(model, tmp_path / "averages.npz")
    kt.save(model, tmp_path / "training.npz", optimizer=state)
    other = small()
    kt.load(other, tmp_path / "averages.npz")
    for path, weight in other.named_weights():
        np.testing.assert_array_equal(weight.data, by_path(model, state)[path])
    found = kt.load(other, tmp_path / "training.npz", optimizer=AverageState()).optimizer
    assert found.step == 2
    for path, average in by_path(other, found).items():
        np.testing.assert_array_equal(average, by_path(model, state)[path])


def test_contexts_may_be_nested():
    model, rng = small(), np.random.default_rng(0)
    first = average_weights(model, AverageState())
    moved(model, rng)
    second = average_weights(model, AverageState())
    own = moved(model, rng)["0.bias"]
    bias = model[0].bias
    with averaged(model, first):
        with averaged(model, second):
            np.testing.assert_array_equal(bias.data, second.average[bias])
        np.testing.assert_array_equal(bias.data, first.average[bias])
    np.testing.assert_array_equal(bias.data, own)


def test_steps_after_the_context_leave_the_averages_alone():
    model = nn.Linear(2, 1)
    state = average_weights(model, AverageState())
    kept = state.average[model.weight].copy()
    adam = optim.AdamState()
    for _ in range(3):
        with averaged(model, state):
            loss = model(Tensor([[1.0, 2.0]])).sum()
        adam = optim.adam(loss.backward(), adam, lr=0.1)
        np.testing.assert_array_equal(state.average[model.weight], kept)


# Wrong calls


def test_what_is_no_model_is_refused():
    weights = list(small().weights())
    with pytest.raises(TypeError, match="average_weights: model is to be a Module, not list"):
        average_weights(weights, AverageState())
    with pytest.raises(TypeError, match="averaged: model is to be a Module"), averaged(weights, AverageState()):
        pass


def test_weights_without_an_average_are_refused():
    model = small()
    missing = pytest.raises(ValueError, match=r"averaged: the state has no average of 0\.weight, .*; average_weights")
    with missing, averaged(model, AverageState()):
        pass


@pytest.mark.parametrize("decay", [-0.1, 1.0, math.nan])
def test_a_decay_outside_of_0_to_1_is_refused(decay):
    with pytest.raises(ValueError, match="decay"):
        average_weights(small(), AverageState(), decay=decay)


def test_states_of_another_kind_or_dtype_are_refused():
    model = small()
    with pytest.raises(TypeError, match="AverageState, not AdamState"):
        average_weights(model, optim.AdamState())
    with pytest.raises(TypeError, match="AverageState, not AdamState"), averaged(model, optim.AdamState()):
        pass
    state = average_weights(model, AverageState())
    model.to(np.float32)
    with pytest.raises(ValueError, match="average of weight 0 is float64"):
        average_weights(model, state)
    with pytest.raises(ValueError, match="average of weight 0 is float64"), averaged(model, state):
        pass


def test_weights_whose_squares_overflow_are_averaged():
    model = nn.Linear(2, 1, bias=False)
    model.weight.update(np.array([[1e30, -3e38]], np.float32))
    state = average_weights(model, average_weights(model, AverageState()))
    np.testing.assert_array_equal(state.average[model.weight], model.weight.data)


def test_weights_that_are_not_finite_are_refused():
    model = small()
    state = average_weights(model, AverageState())
    for wrong in (np.nan, np.inf):
        model[1].bias.update(np.array([1.0, wrong]))
        for before in (AverageState(), state):
            with pytest.raises(ValueError, match=r"1\.bias, or its average, is not finite"):
                average_weights(model, before)
