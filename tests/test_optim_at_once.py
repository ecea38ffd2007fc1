"""Where bounds tell beforehand that nothing can fail, a weight goes through memory once, to the same bits."""

import copy

import numpy as np
import pytest
import test_optim_step
from optimizers import ROWS
from test_optim_step import BLOCK, MIXED, Interrupted, assert_nothing_changed, bits, gradients, weights_of

from kytorch import Tensor, TrainableWeight, optim
from kytorch.optim import step as engine
from kytorch.optim.blockwise import WEIGHTS, Part
from kytorch.optim.rule import Rule

BOUNDED = [
    row for row in ROWS if row.name in ("descent", "adam", "adamw", "nadam", "radam", "adamax", "adagrad", "lion")
]
rows = pytest.mark.parametrize("row", BOUNDED, ids=lambda row: row.name)


def ways(monkeypatch):
    """Each time at once or not, of the steps made from here on."""
    found, moved = [], engine.moved
    monkeypatch.setattr(
        engine, "moved", lambda *args, **kw: (found.append(kw.get("at_once", False)), moved(*args, **kw))[1]
    )
    return found


@rows
@pytest.mark.parametrize("shapes", [MIXED, [(3 * BLOCK + 7,)]])
@pytest.mark.parametrize("threads", ["1", "2"])
def test_a_step_at_once_has_the_bits_of_one_that_remembers_first(row, shapes, threads, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", threads)
    answers, how = [], ways(monkeypatch)
    for at_once in (True, False):
        if not at_once:
            monkeypatch.setattr(Part, "recall", lambda self, known: None)
        weights, state = weights_of(shapes), row.state()
        for t in range(4):
            state = row.step(gradients(weights, t), state, lr=0.01, **row.options)
        answers.append(bits(weights, state))
        assert set(how) == {at_once}
        how.clear()
    assert answers[0] == answers[1]


@rows
@pytest.mark.parametrize("scale", [1e-20, 1.0, 1e8])
def test_what_is_remembered_is_within_its_bounds(row, scale):
    weights, state = weights_of([(7,), (300, 40)]), row.state()
    for t in range(20):
        state = row.step(gradients(weights, t, scale if t % 3 else 1.0), state, lr=0.01, **row.options)
        for arrays, most, _ in state._before.values():
            assert len(arrays) == len(most)
            for array, bound in zip(arrays, most):
                assert np.abs(array).max() <= bound * 1.001 < 1e30


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan, 3e38])
def test_an_array_put_into_a_state_is_looked_at(value):
    weights = weights_of([(9000,), (3,)])
    for i, weight in enumerate(weights):
        state = optim.gradient_descent(gradients(weights, 0), optim.MomentumState(), lr=0.1, momentum=0.9)
        state.velocity[weight] = np.full(weight.shape, value, np.float32)
        before, next_ones = [w._data for w in weights], gradients(weights, 1)
        with pytest.raises(ValueError, match=rf"overflows: weight {i}, of shape "):
            optim.gradient_descent(next_ones, state, lr=10.0, momentum=0.9)
        assert all(w._data is array for w, array in zip(weights, before))


def test_what_is_remembered_overflows_in_no_state(monkeypatch):
    how = ways(monkeypatch)
    weights = weights_of([(9000,), (3,)])
    huge = [(Tensor(np.full(w.shape, 3e37, np.float32)), w) for w in weights]
    state, made = optim.MomentumState(), 0
    with pytest.raises(ValueError, match="overflows: weight 0"):
        while True:
            before = [w._data for w in weights]
            state = optim.gradient_descent(huge, state, lr=1e-30, momentum=0.99)
            made += 1
    assert 10 <= made <= 13 and all(np.isfinite(x).all() for x in state.velocity.values())
    assert all(w._data is array for w, array in zip(weights, before)) and False in how


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("shape", [(3,), (3 * BLOCK,)])
def test_a_gradient_that_is_not_finite_is_found_after_it_was_used(bad, shape, monkeypatch):
    how = ways(monkeypatch)
    (weight,) = weights_of([shape])
    state = optim.adam(gradients([weight], 0), optim.AdamState())
    before = bits([weight], state)
    g = np.ones(shape, np.float32)
    g[-1] = bad
    assert_nothing_changed(lambda: optim.adam([(Tensor(g), weight)], state), [weight], ValueError, "not finite in 1 of")
    assert how == [True, True] and bits([weight], state) == before


def test_a_state_that_was_copied_is_looked_at_once_and_then_foreseen(monkeypatch):
    how = ways(monkeypatch)
    (weight,) = weights_of([(9000,)])
    state = optim.adam(gradients([weight], 0), optim.AdamState())
    state = optim.adam(gradients([weight], 1), copy.copy(state))
    optim.adam(gradients([weight], 2), state)
    assert how == [True, False, True]


def test_an_interrupt_anywhere_in_a_step_at_once_finds_all_weights_moved_or_none(monkeypatch):
    monkeypatch.setattr(Interrupted, "most", lambda self, g, old: [g], raising=False)
    how = ways(monkeypatch)
    for reach in (1.0, np.inf):
        test_optim_step.test_an_interrupt_anywhere_in_a_step_finds_all_weights_moved_or_none(reach, monkeypatch)
    assert set(how) == {True}


def test_where_memory_ends_before_all_weights_have_their_arrays_none_moves(monkeypatch):
    weights, state = weights_of([(9000,), (3,)]), optim.AdamState()
    before, cuts, how = bits(weights, state), iter(range(99)), ways(monkeypatch)
    cut = Part.cut

    def failing(self, array, name=None):
        if name == WEIGHTS and next(cuts):
            raise MemoryError
        return cut(self, array, name)

    monkeypatch.setattr(Part, "cut", failing)
    with pytest.raises(MemoryError):
        optim.adam(gradients(weights, 0), state)
    assert how == [True] and next(cuts) == 2 and bits(weights, state) == before


def test_a_rule_without_bounds_remembers_first(monkeypatch):
    how = ways(monkeypatch)
    monkeypatch.setattr(Interrupted, "rest", 0)
    weight = TrainableWeight([1.0])
    engine.stepped("rule", [(Tensor([1.0]), weight)], optim.MomentumState(), Interrupted())
    assert how == [False] and weight.data.tolist() == [2.0] and Rule.most(Interrupted(), 0.0, [1.0]) == [np.inf]
