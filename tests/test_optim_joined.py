"""Small weights are computed as one array; each moves as it would alone, whatever its layout and company.

A copied state has nothing but its fields, and so none of what makes a step quicker.
"""

import copy

import numpy as np
import pytest
from optimizers import MATRICES, ROWS

from kytorch import Tensor, TrainableWeight, optim

SHAPES = [((3, 5), "C"), ((4,), "C"), ((6, 2), "F"), ((), "C"), ((2, 3, 4), "F"), ((0, 3), "C"), ((7, 7), "F")]
OF_ANY_SHAPE = [row for row in ROWS if row.shapes is not MATRICES]


def weights(dtype=np.float64):
    rng = np.random.default_rng(3)
    return [TrainableWeight(np.asarray(rng.standard_normal(shape), dtype, order=order)) for shape, order in SHAPES]


def gradients(chosen, t):
    """Of each weight the same, whichever others are there."""
    return [(Tensor(np.random.default_rng([t, i]).standard_normal(w.shape).astype(w.dtype)), w) for i, w in chosen]


def same(ours, alone):
    for a, b in zip(ours, alone):
        np.testing.assert_allclose(a.tensor().numpy(), b.tensor().numpy(), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("row", OF_ANY_SHAPE, ids=lambda row: row.name)
def test_weights_in_a_list_move_as_they_would_alone(row):
    ours, alone = weights(), weights()
    state, states = row.state(), [row.state() for _ in alone]
    for t in range(5):
        state = row.step(gradients(list(enumerate(ours)), t), state, lr=0.01)
        for i, w in enumerate(alone):
            states[i] = copy.copy(row.step(gradients([(i, w)], t), states[i], lr=0.01))
    same(ours, alone)


def test_two_states_may_take_the_same_weights_in_different_orders():
    ours, alone = weights(), weights()
    a, b = optim.AdamState(), optim.MomentumState()
    lone = [(optim.AdamState(), optim.MomentumState()) for _ in alone]
    for t in range(4):
        a = optim.adam(gradients(list(enumerate(ours)), t), a, lr=0.01)
        b = optim.gradient_descent(gradients(list(enumerate(ours))[::-1], t), b, lr=0.01, momentum=0.9)
        for i, w in enumerate(alone):
            one, two = lone[i]
            one = optim.adam(gradients([(i, w)], t), one, lr=0.01)
            two = optim.gradient_descent(gradients([(i, w)], t), two, lr=0.01, momentum=0.9)
            lone[i] = copy.copy(one), copy.copy(two)
    same(ours, alone)


def test_a_list_in_another_order_or_with_fewer_weights_finds_what_is_remembered_of_each():
    ours, alone = weights(), weights()
    state, states = optim.AdamState(), [optim.AdamState() for _ in alone]
    rng = np.random.default_rng(0)
    for t in range(8):
        chosen = rng.permutation(len(ours))[: rng.integers(1, len(ours) + 1)].tolist()
        state = optim.adam(gradients([(i, ours[i]) for i in chosen], t), state, lr=0.01, amsgrad=t >= 4)
        for i in chosen:
            one = optim.adam(gradients([(i, alone[i])], t), states[i], lr=0.01, amsgrad=t >= 4)
            states[i] = copy.copy(one)
    same(ours, alone)


def test_a_weight_that_is_updated_between_two_steps_goes_on_from_its_new_value():
    ours, alone = weights(), weights()
    state, states = optim.AdamState(), [optim.AdamState() for _ in alone]
    for t in range(4):
        state = optim.adam(gradients(list(enumerate(ours)), t), state, lr=0.01)
        for i, w in enumerate(alone):
            states[i] = copy.copy(optim.adam(gradients([(i, w)], t), states[i], lr=0.01))
        for model in (ours, alone):
            model[2].update(np.full(model[2].shape, t + 1.0))
            model[0].update(model[0].tensor() * 2.0)
    same(ours, alone)


def test_weights_of_one_shape_that_have_changed_arrays_go_on_from_those():
    ours, alone = [[TrainableWeight([x, x + 1.0, x - 1.0]) for x in (1.0, 5.0)] for _ in range(2)]
    state, states = optim.AdamState(), [optim.AdamState() for _ in alone]
    for t in range(4):
        state = optim.adam(gradients(list(enumerate(ours)), t), state, lr=0.01)
        for i, w in enumerate(alone):
            states[i] = copy.copy(optim.adam(gradients([(i, w)], t), states[i], lr=0.01))
        for a, b in (ours, alone):
            a._data, b._data = b._data, a._data
    same(ours, alone)


def test_weights_keep_their_layout():
    ours = weights()
    state = optim.AdamState()
    for t in range(3):
        state = optim.adam(gradients(list(enumerate(ours)), t), state, lr=0.01)
    for w, (_, order) in zip(ours, SHAPES):
        assert w._data.flags[f"{order}_CONTIGUOUS"] and state.mean[w].flags[f"{order}_CONTIGUOUS"]
        assert not w._data.flags.writeable
