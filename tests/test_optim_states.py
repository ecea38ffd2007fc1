"""What a state may hold: numbers, and for each weight arrays, counts and factors."""

import copy
import math
from dataclasses import dataclass, field

import numpy as np
import pytest

from kytorch import TrainableWeight
from kytorch.optim import AdamState, NAdamState, State
from kytorch.optim.state import COUNTS, FACTORS, ByWeight, Counts, Factors, fits, shaped


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Everything(State):
    step: int = 0
    loss: float = 0.5
    same: ByWeight = field(default_factory=dict)
    rows: ByWeight = field(default_factory=dict, metadata=shaped(lambda shape: shape[:-1]))
    history: ByWeight = field(default_factory=dict, metadata=shaped(None))
    steps: Counts = field(default_factory=dict, metadata=COUNTS)
    rates: Factors = field(default_factory=dict, metadata=FACTORS)


WEIGHT = TrainableWeight(np.ones((2, 3), np.float32))


def test_the_fields_are_told_apart_by_their_metadata():
    array = np.zeros((2, 3), np.float32)
    state = Everything(3, 0.25, {WEIGHT: array}, {WEIGHT: array[:, 0]}, {}, {WEIGHT: 2}, {WEIGHT: 0.5})
    assert state.numbers() == {"step": 3, "loss": 0.25}
    assert list(state.arrays()) == ["same", "rows", "history"]
    assert state.counts() == {"steps": {WEIGHT: 2}} and state.factors() == {"rates": {WEIGHT: 0.5}}
    weights = [f"{name}=<of 1 weights>" for name in ("same", "rows", "steps", "rates")]
    assert repr(state) == f"Everything(step=3, loss=0.25, {', '.join(weights)})"
    assert repr(Everything()) == "Everything(step=0, loss=0.5)"


def test_the_shape_of_an_array_is_the_weights_or_what_the_field_says():
    shapes = [Everything.expected_shape(name, WEIGHT) for name in ("same", "rows", "history")]
    assert shapes == [(2, 3), (2,), (-1, 2, 3)]
    assert fits((5, 2, 3), (-1, 2, 3)) and fits((0, 2, 3), (-1, 2, 3)) and fits((2, 3), (2, 3)) and fits((), ())
    assert not fits((2, 3), (-1, 2, 3)) and not fits((5, 3, 2), (-1, 2, 3)) and not fits((2, 4), (2, 3))


@pytest.mark.parametrize(
    ("name", "array"),
    [
        ("same", np.zeros((3, 2), np.float32)),
        ("same", np.zeros((2, 3))),
        ("rows", np.zeros((2, 3), np.float32)),
        ("rows", np.zeros(2)),
        ("history", np.zeros((2, 3), np.float32)),
        ("history", np.zeros((4, 3, 2), np.float32)),
    ],
)
def test_an_array_of_another_shape_or_dtype_is_named(name, array):
    state = Everything(**{name: {WEIGHT: array}})
    with pytest.raises(ValueError, match=rf"step: the state's {name} of weight 0 is {array.dtype} of shape"):
        state.check("step", [WEIGHT])


def test_arrays_that_fit_are_taken():
    right = {"same": (2, 3), "rows": (2,), "history": (7, 2, 3)}
    state = Everything(**{name: {WEIGHT: np.zeros(shape, np.float32)} for name, shape in right.items()})
    state.check("step", [WEIGHT, TrainableWeight([1.0])])


@pytest.mark.parametrize(
    ("fields", "error", "match"),
    [
        ({"rates": 3}, TypeError, "rates is to be a dict from weights, not int"),
        ({"rates": {"w": 0.5}}, TypeError, "rates is to be a dict whose keys are weights, not str"),
        ({"rates": {WEIGHT: 1}}, TypeError, "rates is to be a dict whose values are floats, not int"),
        ({"rates": {WEIGHT: math.nan}}, ValueError, "rates has a value that is not finite"),
        ({"steps": {WEIGHT: 1.0}}, TypeError, "steps is to be a dict whose values are ints, not float"),
        ({"steps": {WEIGHT: 0}}, ValueError, "steps has the value 0; it counts from 1"),
        ({"step": -1}, ValueError, "step is -1; it counts steps, from 0"),
        ({"step": True}, ValueError, "step is True"),
    ],
)
def test_what_does_not_belong_into_a_field_is_refused(fields, error, match):
    with pytest.raises(error, match=f"Everything: {match}"):
        Everything(**fields)


def test_what_belongs_together_is_of_the_same_weights():
    array = np.zeros((2, 3), np.float32)
    arrays = {"mean": {WEIGHT: array}, "square": {WEIGHT: array}, "steps": {WEIGHT: 1}}
    with pytest.raises(ValueError, match="NAdamState: mean, square, steps and momenta are to have the same weights"):
        NAdamState(1, **arrays)
    assert NAdamState(1, **arrays, momenta={WEIGHT: 0.5}).momenta == {WEIGHT: 0.5}
    assert AdamState(1, **arrays).largest == {}


def test_a_state_has_no_other_attributes_and_copies_are_its_fields():
    state = copy.copy(Everything(3))
    assert state.numbers() == {"step": 3, "loss": 0.5}
    for name in ("step", "other"):
        with pytest.raises((AttributeError, TypeError)):
            setattr(state, name, 1)
