"""The optimizers: pure in their state, all or nothing on the weights."""

import copy
import math
import pickle

import numpy as np
import pytest

from kytorch import Gradients, Tensor, TrainableWeight
from kytorch.optim import (
    AdamState,
    MomentumState,
    adam,
    adamw,
    gradient_descent,
)
from kytorch.optim.schedule import constant

SHAPES = [(2, 3), (), (4,), (0, 2)]
DTYPES = [np.float16, np.float32, np.float64]


def pairs(dtype=np.float32, seed=0) -> Gradients:
    rng = np.random.default_rng(seed)
    draw = lambda shape: np.asarray(rng.standard_normal(shape), dtype)
    return [(Tensor(draw(shape)), TrainableWeight(draw(shape))) for shape in SHAPES]


def descend(gradients, state, **options):
    return gradient_descent(gradients, state, **{"lr": 0.1, "momentum": 0.9} | options)


STATEFUL = [(descend, MomentumState), (adam, AdamState), (adamw, AdamState)]
STEPS = [
    pytest.param(lambda gradients, lr=0.1: gradient_descent(gradients, lr=lr), id="gradient_descent"),
    *[pytest.param(lambda gradients, lr=0.1, f=f, s=s: f(gradients, s(), lr=lr), id=f.__name__) for f, s in STATEFUL],
]


def values(gradients):
    return [weight.data.copy() for _, weight in gradients]


def assert_refused(step, gradients, error, match):
    before = [weight._data for _, weight in gradients]
    with pytest.raises(error, match=match):
        step(gradients)
    assert all(weight._data is array for array, (_, weight) in zip(before, gradients))


# Gradient descent


def test_plain_descent_is_w_minus_lr_g():
    gradients = pairs()
    before = values(gradients)
    assert gradient_descent(gradients, lr=0.1) is None
    for w, (g, weight) in zip(before, gradients):
        np.testing.assert_array_equal(weight.data, w - np.float32(0.1) * g.data)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("step", STEPS)
def test_a_step_keeps_dtype_and_shape_locks_the_new_array_and_leaves_the_old_one(step, dtype):
    gradients = pairs(dtype)
    old = [weight._data for _, weight in gradients]
    before = values(gradients)
    step(gradients)
    for array, value, (_, weight) in zip(old, before, gradients):
        assert weight.dtype == dtype and weight.shape == value.shape
        np.testing.assert_array_equal(array, value)
        assert weight._data is not array
        assert not value.size or not np.array_equal(weight.data, value)
        if weight.ndim:
            assert not weight._data.flags.writeable


def test_a_graph_made_before_a_step_differentiates_the_old_values():
    weight = TrainableWeight([3.0])
    loss = (weight.tensor() * weight.tensor()).sum()
    gradient_descent(loss.backward(), lr=0.5)
    assert weight.data.tolist() == [0.0]
    assert loss.backward()[0][0].tolist() == [6.0]


def test_weight_decay_without_momentum_adds_a_part_of_the_weight_to_the_gradient():
    weight = TrainableWeight([2.0])
    gradient_descent([(Tensor([1.0]), weight)], lr=0.5, weight_decay=0.5)
    assert weight.data.tolist() == [1.0]


def test_the_first_velocity_is_the_gradient_and_the_next_ones_decay():
    weight = TrainableWeight([0.0])
    gradients = [(Tensor([1.0]), weight)]
    state = gradient_descent(gradients, MomentumState(), lr=1.0, momentum=0.5, dampening=0.5)
    assert (state.velocity[weight].tolist(), weight.data.tolist()) == ([1.0], [-1.0])
    state = gradient_descent(gradients, state, lr=1.0, momentum=0.5, dampening=0.5)
    assert (state.velocity[weight].tolist(), weight.data.tolist()) == ([1.0], [-2.0])


def test_nesterovs_step_looks_ahead():
    weight = TrainableWeight([0.0])
    gradient_descent([(Tensor([1.0]), weight)], MomentumState(), lr=1.0, momentum=0.5, nesterov=True)
    assert weight.data.tolist() == [-1.5]


def test_momentum_and_state_need_each_other():
    gradients = pairs()
    for options in ({"momentum": 0.9}, {"momentum": 0.0}, {"dampening": 0.1}, {"nesterov": True}):
        step = lambda g, o=options: gradient_descent(g, lr=0.1, **o)
        assert_refused(step, gradients, TypeError, "momentum needs a state")
    assert_refused(lambda g: gradient_descent(g, MomentumState(), lr=0.1), gradients, TypeError, "needs momentum")


def test_nesterov_needs_momentum_and_no_dampening():
    gradients = pairs()
    for options in ({"momentum": 0.0}, {"dampening": 0.1}):
        step = lambda g, o=options: descend(g, MomentumState(), nesterov=True, **o)
        assert_refused(step, gradients, ValueError, "nesterov")


# Adam


def test_adams_first_step_has_the_length_lr_whatever_the_gradients_size():
    for size in (1e-3, 1.0, 1e3):
        weight = TrainableWeight(np.zeros(2))
        adam([(Tensor(np.array([size, -size])), weight)], AdamState(), lr=0.25)
        np.testing.assert_allclose(weight.data, [-0.25, 0.25], rtol=1e-4)


def test_adams_weight_decay_joins_the_gradient_and_adamws_does_not():
    coupled, decoupled = TrainableWeight([2.0]), TrainableWeight([2.0])
    nothing = Tensor([0.0])
    adam([(nothing, coupled)], AdamState(), lr=0.5, weight_decay=0.5)
    adamw([(nothing, decoupled)], AdamState(), lr=0.5, weight_decay=0.5)
    assert coupled.data[0] == pytest.approx(1.5)  # a whole step of Adam along 0.5 w, whatever its size
    assert decoupled.data.tolist() == [1.5]


def test_the_step_is_counted():
    gradients = pairs()
    state = adam(gradients, adam(gradients, AdamState()))
    assert state.step == 2
    assert repr(state) == "AdamState(step=2, mean=<of 4 weights>, square=<of 4 weights>, steps=<of 4 weights>)"


@pytest.mark.parametrize("f", [adam, adamw])
def test_float16_neither_overflows_nor_underflows(f):
    weight = TrainableWeight(np.ones(3, np.float16))
    gradients = [(Tensor(np.array([6e4, 0.0, 1e-7], np.float16)), weight)]
    state = AdamState()
    for _ in range(3):
        state = f(gradients, state, lr=0.125, weight_decay=0.0)
    assert weight.dtype == np.float16
    np.testing.assert_allclose(weight.data[:2], [0.625, 1.0], rtol=1e-3)
    assert weight.data[2] < 0.7
    assert all(array.dtype == np.float32 for array in (state.mean[weight], state.square[weight]))


def test_gradient_descent_in_float16_is_computed_in_float32():
    weight = TrainableWeight(np.zeros(1, np.float16))
    gradient_descent([(Tensor(np.array([5e4], np.float16)), weight)], lr=1e-8)
    assert weight.data[0] == np.float16(-1e-8 * 49984.0)


# States


@pytest.mark.parametrize(("f", "state"), STATEFUL)
def test_a_state_is_never_changed(f, state):
    gradients = pairs()
    first = f(gradients, state())
    numbers, kept = first.numbers(), {name: {w: a.copy() for w, a in x.items()} for name, x in first.arrays().items()}
    second = f(gradients, first)
    assert second is not first and first.numbers() == numbers
    for name, by_weight in first.arrays().items():
        assert by_weight.keys() == kept[name].keys()
        for weight, array in by_weight.items():
            np.testing.assert_array_equal(array, kept[name][weight])
            assert not array.ndim or not array.flags.writeable
            assert not array.size or not np.array_equal(second.arrays()[name][weight], array)


@pytest.mark.parametrize(("f", "state"), STATEFUL)
def test_the_same_state_and_gradients_give_the_same_step_bit_for_bit(f, state):
    runs = []
    for _ in range(2):
        gradients, s = pairs(), state()
        for _ in range(3):
            s = f(gradients, s)
        runs.append(values(gradients))
    for a, b in zip(*runs):
        np.testing.assert_array_equal(a, b)


@pytest.mark.parametrize(("f", "state"), STATEFUL)
def test_weights_that_are_not_listed_keep_their_entries(f, state):
    gradients = pairs()
    both = f(gradients, state())
    later = f(gradients[:1], both)
    for name, by_weight in later.arrays().items():
        if not by_weight:  # what an option remembers that was not given
            continue
        assert list(by_weight) == [weight for _, weight in gradients]
        for _, weight in gradients[1:]:
            assert by_weight[weight] is both.arrays()[name][weight]


@pytest.mark.parametrize(("f", "state"), STATEFUL)
def test_a_state_is_frozen_and_copies_with_its_weights(f, state):
    gradients = pairs()
    s = f(gradients, state())
    name, by_weight = next(iter(s.arrays().items()))
    with pytest.raises(AttributeError):
        setattr(s, name, {})
    for copied, again in (copy.deepcopy((gradients, s)), pickle.loads(pickle.dumps((gradients, s)))):
        assert list(again.arrays()[name]) == [weight for _, weight in copied]
        for mine, theirs in zip(by_weight.values(), again.arrays()[name].values()):
            np.testing.assert_array_equal(mine, theirs)


def test_a_state_of_another_shape_or_dtype_is_refused():
    gradients = pairs()
    weight = gradients[0][1]
    for array in (np.zeros((3, 2), np.float32), np.zeros((2, 3))):
        momentum = MomentumState(1, {weight: array})
        moments = AdamState(1, {weight: array}, {weight: array}, {weight: 1})
        assert_refused(lambda g, s=momentum: descend(g, s), gradients, ValueError, "velocity of weight 0")
        assert_refused(lambda g, s=moments: adam(g, s), gradients, ValueError, "mean of weight 0")


def test_a_state_of_another_kind_is_refused():
    gradients = pairs()
    assert_refused(lambda g: adam(g, MomentumState()), gradients, TypeError, "AdamState, not MomentumState")
    assert_refused(lambda g: descend(g, AdamState()), gradients, TypeError, "MomentumState, not AdamState")


@pytest.mark.parametrize("step", [-1, 1.0, True, "1"])
def test_a_step_that_is_no_count_is_refused(step):
    with pytest.raises(ValueError, match="step"):
        AdamState(step)


# All or nothing


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_gradient_that_is_not_finite_changes_no_weight(step, wrong, dtype):
    gradients = pairs(dtype)
    values = gradients[2][0].numpy().copy()
    values[3] = wrong
    gradients[2] = (Tensor(values), gradients[2][1])
    assert_refused(step, gradients, ValueError, r"weight 2, of shape \(4,\).* not finite in 1 of 4")


@pytest.mark.parametrize("dtype", DTYPES)
def test_a_finite_gradient_whose_square_overflows_is_taken(dtype):
    weight = TrainableWeight(np.zeros(2, dtype))
    big = np.finfo(dtype).max / 2
    gradient_descent([(Tensor(np.full(2, big, dtype)), weight)], lr=0.5)
    np.testing.assert_allclose(weight.data, -big / 2, rtol=1e-3)


@pytest.mark.parametrize("step", STEPS)
def test_wrong_gradients_are_refused(step):
    good = pairs()
    for wrong, error, match in (
        ((Tensor(np.zeros((3, 2), np.float32)), good[0][1]), ValueError, r"\(2, 3\), got a gradient of shape \(3, 2\)"),
        ((Tensor(np.zeros((2, 3))), good[0][1]), TypeError, "float32, got a gradient of dtype float64"),
        ((np.zeros((2, 3), np.float32), good[0][1]), TypeError, r"\(ndarray, TrainableWeight\)"),
        ((good[0][1], good[0][0]), TypeError, r"\(TrainableWeight, Tensor\)"),
    ):
        gradients = [*good[1:], wrong]
        assert_refused(step, gradients, error, match)


@pytest.mark.parametrize("step", STEPS)
def test_a_weight_that_is_listed_twice_is_refused(step):
    gradients = pairs()
    assert_refused(step, [*gradients, gradients[1]], ValueError, r"weight 4, of shape \(\), is weight 1 again")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("lr", [-0.1, math.nan, math.inf])
def test_a_learning_rate_that_is_no_finite_positive_number_is_refused(step, lr):
    assert_refused(lambda g: step(g, lr), pairs(), ValueError, "lr is")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("lr", ["0.1", None, True, Tensor(0.1), [0.1], 1j])
def test_a_learning_rate_that_is_no_number_is_refused(step, lr):
    assert_refused(lambda g: step(g, lr), pairs(), TypeError, "lr is to be a number")


def test_a_schedule_in_place_of_its_value_is_refused_with_the_call_that_is_meant():
    rate = constant(0.1)
    assert_refused(lambda g: adam(g, AdamState(), lr=rate), pairs(), TypeError, r"lr=schedule\(state\.step\)")


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("lr", [1, np.float64(0.5), np.float32(0.5), np.int64(1)])
def test_a_learning_rate_of_any_kind_of_number_keeps_the_dtype(step, lr):
    gradients = pairs()
    step(gradients, lr)
    assert all(weight.dtype == np.float32 for _, weight in gradients)


@pytest.mark.parametrize(
    ("options", "name"),
    [
        ({"betas": (1.0, 0.9)}, r"betas\[0\]"),
        ({"betas": (0.9, -0.1)}, r"betas\[1\]"),
        ({"betas": (0.9, math.nan)}, r"betas\[1\]"),
        ({"eps": 0.0}, "eps"),
        ({"eps": -1e-8}, "eps"),
        ({"weight_decay": -0.1}, "weight_decay"),
        ({"weight_decay": math.inf}, "weight_decay"),
    ],
)
def test_adams_wrong_options_are_named(options, name):
    for f in (adam, adamw):
        assert_refused(lambda g, f=f: f(g, AdamState(), **options), pairs(), ValueError, name)


@pytest.mark.parametrize("betas", [0.9, (0.9,), (0.9, 0.99, 0.999), ("a", 0.9)])
def test_betas_that_are_no_pair_of_numbers_are_refused(betas):
    assert_refused(lambda g: adam(g, AdamState(), betas=betas), pairs(), TypeError, "betas")


@pytest.mark.parametrize(
    ("name", "value"), [("momentum", 1.0), ("momentum", -0.1), ("dampening", -1.0), ("weight_decay", -1.0)]
)
def test_gradient_descents_wrong_options_are_named(name, value):
    assert_refused(lambda g: descend(g, MomentumState(), **{name: value}), pairs(), ValueError, name)


# Steps that overflow, and wrong calls


OVERFLOWS = [
    (lambda g: gradient_descent(g, lr=10.0), 3e38),
    (lambda g: gradient_descent(g, lr=1e30), 1e18),
    (lambda g: gradient_descent(g, lr=1e30, weight_decay=1e30), 0.0),
    (lambda g: descend(g, MomentumState(), lr=10.0), 3e38),
    (lambda g: adam(g, AdamState()), 3e30),
    (lambda g: adamw(g, AdamState()), 3e30),
    (lambda g: adamw(g, AdamState(), lr=1e30, weight_decay=1e30), 1.0),
]


@pytest.mark.parametrize(("step", "size"), OVERFLOWS)
def test_a_step_that_overflows_changes_no_weight(step, size):
    gradients = [*pairs(), (Tensor([size, 0.0]), TrainableWeight([1.0, 0.0]))]
    assert_refused(step, gradients, ValueError, r"overflows: weight \d, of shape")


def test_a_float16_step_that_overflows_changes_no_weight():
    gradients = [(Tensor(np.array([200.0], np.float16)), TrainableWeight(np.array([-65504.0], np.float16)))]
    assert_refused(lambda g: gradient_descent(g, lr=0.1), gradients, ValueError, "overflows")


WRONG_LISTS = [Tensor(1.0), None, (pair for pair in ()), [(Tensor(1.0),)], [3], [Tensor([1.0, 2.0])], [None], {}]


@pytest.mark.parametrize("wrong", WRONG_LISTS, ids=range(len(WRONG_LISTS)))
def test_what_is_no_list_of_gradients_is_refused(wrong):
    calls = [
        lambda g: gradient_descent(g, lr=0.1),
        lambda g: adam(g, AdamState()),
        lambda g: descend(g, MomentumState()),
    ]
    for call in calls:
        with pytest.raises(TypeError, match=r"backward\(\)"):
            call(wrong)


def test_numbers_beyond_float64_are_refused():
    assert_refused(lambda g: gradient_descent(g, lr=10**400), pairs(), ValueError, "lr is inf")


@pytest.mark.parametrize("fields", [{"mean": 3}, {"mean": {"a": np.zeros(2)}}, {"square": None}, {"steps": [1]}])
def test_a_state_of_other_kinds_is_refused(fields):
    with pytest.raises(TypeError, match=r"AdamState: .* is to be a dict"):
        AdamState(**fields)


def test_a_state_of_lists_or_of_different_weights_is_refused():
    weight, array = TrainableWeight([0.0, 0.0]), np.zeros(2, np.float32)
    for mean in ([1, 2], Tensor([1.0, 2.0])):
        with pytest.raises(TypeError, match="arrays"):
            AdamState(1, {weight: mean}, {weight: array}, {weight: 1})
    with pytest.raises(ValueError, match="same weights"):
        AdamState(1, {weight: array}, {weight: array})
    with pytest.raises(ValueError, match="counts from 1"):
        AdamState(1, {weight: array}, {weight: array}, {weight: 0})
