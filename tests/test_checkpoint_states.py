"""Checkpoints of optimizers' states, alone and in tuples and dicts."""

import io
import os
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import pytest
from checkpoint_files import Small, assert_refused, edit_head, gradients, rewritten, saved_in, state_of, trained

from kytorch import TrainableWeight, nn, optim
from kytorch.checkpoint import CheckpointError, load, save
from kytorch.optim.state import COUNTS, FACTORS, ByWeight, Counts, Factors, State, shaped


@pytest.fixture
def saved(tmp_path):
    return saved_in(tmp_path)


def test_an_optimizers_state_comes_back_for_the_new_models_weights(saved):
    model, state = trained()
    other = Small(7)
    loaded = load(other, saved, optimizer=optim.AdamState()).optimizer
    assert isinstance(loaded, optim.AdamState) and loaded.step == 2
    optim.adam(gradients(model, 9), state)
    optim.adam(gradients(other, 9), loaded)
    assert state_of(other) == state_of(model)


def test_any_optimizers_state_is_saved(tmp_path):
    model = Small()
    state = optim.gradient_descent(gradients(model), optim.MomentumState(), lr=0.1, momentum=0.9)
    save(model, tmp_path / "m", optimizer=state)
    loaded = load(other := Small(7), tmp_path / "m", optimizer=optim.MomentumState()).optimizer
    for (_, mine), (_, theirs) in zip(model.named_weights(), other.named_weights()):
        np.testing.assert_array_equal(state.velocity[mine], loaded.velocity[theirs])


def test_a_state_of_some_of_the_weights_is_saved(tmp_path):
    model = Small()
    save(model, tmp_path / "m", optimizer=optim.adam(gradients(model)[:1], optim.AdamState()))
    loaded = load(model, tmp_path / "m", optimizer=optim.AdamState()).optimizer
    assert list(loaded.mean) == list(loaded.square) == [next(model.weights())]


def test_the_state_of_another_model_is_refused(tmp_path):
    with pytest.raises(ValueError, match=r"AdamState\.mean remembers weights that the model does not have"):
        save(Small(), tmp_path / "model", optimizer=trained()[1])
    assert not os.listdir(tmp_path)


@pytest.mark.parametrize("wrong", [np.zeros(3, np.float32), np.zeros((1, 2))], ids=["shape", "dtype"])
def test_a_state_that_could_not_be_loaded_is_not_saved(tmp_path, wrong):
    model = nn.Linear(2, 1, bias=False)
    weight = model.weight
    state = optim.MomentumState(velocity={weight: wrong})
    with pytest.raises(ValueError, match=r"the state's velocity of weight 0 is .* expected float32 of shape \(1, 2\)"):
        save(model, tmp_path / "m", optimizer=state)
    assert not os.listdir(tmp_path)


def test_the_class_of_a_state_is_no_state(saved, tmp_path):
    for call in (lambda o: load(Small(), saved, optimizer=o), lambda o: save(Small(), tmp_path / "m", optimizer=o)):
        with pytest.raises(TypeError, match="not the class AdamState"):
            call(optim.AdamState)


def test_each_weights_own_count_comes_back(tmp_path):
    model = Small()
    state = optim.adam(gradients(model)[:1], optim.adam(gradients(model), optim.AdamState()))
    save(model, tmp_path / "m", optimizer=state)
    loaded = load(other := Small(7), tmp_path / "m", optimizer=optim.AdamState()).optimizer
    assert [loaded.steps[w] for w in other.weights()] == [state.steps[w] for w in model.weights()]
    assert loaded.step == 2 and len(set(loaded.steps.values())) == 2


@pytest.mark.parametrize(
    "edit",
    [
        lambda optimizer: optimizer["numbers"].update(mean=3) or optimizer["arrays"].pop("mean"),
        lambda optimizer: optimizer["numbers"].update(mean=3),
        lambda optimizer: optimizer["counts"].update(step={}),
        lambda optimizer: optimizer["counts"].update(steps=optimizer["arrays"]["mean"]),
        lambda optimizer: optimizer["counts"].update(steps={}),
        lambda optimizer: optimizer["counts"]["steps"].update(half=0),
        lambda optimizer: optimizer["counts"]["steps"].update(stranger=1),
        lambda optimizer: optimizer["arrays"].update(mean=[]),
    ],
)
def test_an_optimizers_fields_of_other_kinds_are_refused(saved, edit):
    edit_head(saved, lambda head: edit(head["optimizer"]) and None)
    assert_refused(saved, optimizer=optim.AdamState())


@pytest.mark.parametrize(
    ("edit", "problem"),
    [
        (
            lambda optimizer: optimizer["numbers"].update(mean=optimizer["arrays"].pop("mean") and 3),
            "AdamState.mean is",
        ),
        (lambda optimizer: optimizer["arrays"].update(mean=[]), "the same weights"),
    ],
)
def test_a_state_without_the_arrays_of_one_field_is_refused(saved, edit, problem):
    edit_head(saved, lambda head: edit(head["optimizer"]) and None)
    rewritten(saved, lambda e: [e.pop(name) for name in list(e) if name.startswith("optimizer/mean/")])
    assert_refused(saved, problem, optimizer=optim.AdamState())


def test_the_state_of_another_optimizer_is_refused(saved, tmp_path):
    assert_refused(saved, "holds the state AdamState, expected MomentumState", optimizer=optim.MomentumState())
    save(Small(), tmp_path / "plain")
    assert_refused(tmp_path / "plain", "holds no optimizer's state, expected AdamState", optimizer=optim.AdamState())


def test_an_optimizers_missing_and_unexpected_fields_are_listed(saved):
    edit_head(saved, lambda head: head["optimizer"].update(numbers={"speed": 1}))
    assert_refused(saved, "missing AdamState.step", "unexpected AdamState.speed", optimizer=optim.AdamState())


@pytest.mark.parametrize("step", [-1, 1.5])
def test_an_optimizers_impossible_number_is_refused(saved, step):
    edit_head(saved, lambda head: head["optimizer"].update(numbers={"step": step}))
    assert_refused(saved, "step", optimizer=optim.AdamState())


def test_a_count_of_a_weight_that_the_model_does_not_have_is_refused(saved):
    edit_head(saved, lambda head: head["optimizer"]["counts"]["steps"].update(stranger=1))
    assert_refused(saved, "unexpected optimizer/steps/stranger", optimizer=optim.AdamState())


# Several states


class Both(NamedTuple):
    adam: optim.AdamState
    momentum: optim.MomentumState


def assert_same_states(found, saved, theirs, ours):
    """That `found`, of the model `theirs`, remembers what `saved` does of `ours`."""
    assert type(found) is type(saved)
    if isinstance(saved, State):
        assert found.numbers() == saved.numbers()
        other = dict(zip(ours.weights(), theirs.weights()))
        for kind in ("arrays", "counts", "factors"):
            for name, by_weight in getattr(saved, kind)().items():
                own = getattr(found, name)
                assert list(own) == [other[weight] for weight in by_weight]
                for weight, value in by_weight.items():
                    np.testing.assert_array_equal(own[other[weight]], value, strict=kind == "arrays")
        return
    keys = saved if isinstance(saved, dict) else range(len(saved))
    assert list(found) == list(saved) if isinstance(saved, dict) else len(found) == len(saved)
    for key in keys:
        assert_same_states(found[key], saved[key], theirs, ours)


def momentum_of(model):
    return optim.gradient_descent(gradients(model, 5), optim.MomentumState(), lr=0.1, momentum=0.9)


@pytest.mark.parametrize(
    ("kinds", "made"),
    [
        ((optim.AdamState(), optim.MomentumState()), lambda adam, momentum: (adam, momentum)),
        (
            {"b": optim.AdamState(), "a": optim.MomentumState()},
            lambda adam, momentum: {"b": adam, "a": momentum},
        ),
        (
            (({"x": optim.AdamState()},), optim.MomentumState(), ()),
            lambda adam, momentum: (({"x": adam},), momentum, ()),
        ),
        (Both(optim.AdamState(), optim.MomentumState()), Both),
        ((optim.AdamState(), optim.AdamState()), lambda adam, momentum: (adam, adam)),
        ({}, lambda adam, momentum: {}),
    ],
    ids=["tuple", "dict", "nested", "named tuple", "twice the same", "none"],
)
@pytest.mark.parametrize("end", ["npz", "safetensors"])
def test_tuples_and_dicts_of_states_come_back_as_they_are_made(tmp_path, kinds, made, end):
    if end == "safetensors":
        pytest.importorskip("safetensors")
    model, adam = trained()
    states = made(adam, momentum_of(model))
    path = tmp_path / f"m.{end}"
    save(model, path, optimizer=states)
    assert_same_states(load(other := Small(7), path, optimizer=kinds).optimizer, states, other, model)


@pytest.mark.parametrize(
    ("kinds", "problem"),
    [
        (optim.AdamState(), "holds a tuple of 2 states, expected AdamState"),
        ((optim.AdamState(),), "unexpected optimizer/1"),
        ((optim.AdamState(), {"a": optim.MomentumState()}, optim.AdamState()), "missing optimizer/2"),
        ((optim.AdamState(), {"b": optim.MomentumState()}), "missing optimizer/1/b; unexpected optimizer/1/a"),
        (
            (optim.AdamState(), {"a": optim.AdamState()}),
            "holds the state MomentumState at optimizer/1/a, expected AdamState",
        ),
        (
            (optim.AdamState(), optim.MomentumState()),
            "holds a dict of 1 states at optimizer/1, expected MomentumState",
        ),
        ({"0": optim.AdamState(), "1": {}}, "holds a tuple of 2 states, expected a dict of 2 states"),
    ],
)
def test_states_that_are_made_in_another_way_are_refused(tmp_path, kinds, problem):
    model, adam = trained()
    save(model, tmp_path / "m", optimizer=(adam, {"a": momentum_of(model)}))
    assert_refused(tmp_path / "m", problem, optimizer=kinds)


@pytest.mark.parametrize(
    ("states", "error", "said"),
    [
        ([optim.AdamState()], TypeError, "not list"),
        ((optim.AdamState,), TypeError, "optimizer/0 is to be a state, .* not the class AdamState"),
        ((optim.AdamState(), None), TypeError, "optimizer/1 is to be a state, .* not NoneType"),
        ({1: optim.AdamState()}, TypeError, "the key 1; a state's name is a str"),
        ({"a": {"a/b": optim.AdamState()}}, ValueError, "optimizer/a has the key 'a/b'"),
        ({"": optim.AdamState()}, ValueError, "not empty"),
        (3, TypeError, "not int"),
    ],
)
def test_what_is_no_state_is_refused(tmp_path, states, error, said):
    with pytest.raises(error, match=f"save: .*{said}"):
        save(Small(), tmp_path / "m", optimizer=states)
    with pytest.raises(error, match=f"load: .*{said}"):
        load(Small(), tmp_path / "m", optimizer=states)
    assert not os.listdir(tmp_path)


def test_states_that_hold_themselves_are_refused(tmp_path):
    circle = {}
    circle["a"] = circle
    with pytest.raises(ValueError, match="holds itself"):
        save(Small(), tmp_path / "m", optimizer=circle)


# Fields of every kind


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class EveryState(State):
    """A field of each kind, and of each kind of shape."""

    best: float = float("inf")
    good: bool = False
    same: ByWeight = field(default_factory=dict)
    rows: ByWeight = field(default_factory=dict, metadata=shaped(lambda shape: shape[:1]))
    history: ByWeight = field(default_factory=dict, metadata=shaped(None))
    seen: Counts = field(default_factory=dict, metadata=COUNTS)
    product: Factors = field(default_factory=dict, metadata=FACTORS)


class Convolution(nn.Module):
    """Weights that lie in memory in C's order, in Fortran's and in neither."""

    def __init__(self, seed=0):
        rng = np.random.default_rng(seed)
        self.layers = nn.ModuleList([nn.Conv2d(2, 3, 2, generator=rng), nn.Linear(3, 4, generator=rng)])
        self.own = TrainableWeight(rng.standard_normal((2, 3)))


def every_state(model):
    rng = np.random.default_rng(1)
    weights = list(model.weights())

    def arrays(shape):
        return {w: rng.standard_normal(shape(w.shape)).astype(w.dtype) for w in weights}

    return EveryState(
        -float("inf"),
        True,
        arrays(lambda shape: shape),
        arrays(lambda shape: shape[:1]),
        arrays(lambda shape: (5, *shape)),
        {w: i + 1 for i, w in enumerate(weights)},
        {w: rng.random() for w in weights},
    )


@pytest.mark.parametrize("end", ["npz", "safetensors"])
def test_every_kind_of_field_comes_back(tmp_path, end):
    if end == "safetensors":
        pytest.importorskip("safetensors")
    model = Convolution()
    state = every_state(model)
    save(model, tmp_path / f"m.{end}", optimizer=state)
    found = load(other := Convolution(1), tmp_path / f"m.{end}", optimizer=EveryState()).optimizer
    assert_same_states(found, state, other, model)
    assert type(found.best) is float and type(found.good) is bool
    for by_weight in found.arrays().values():
        assert not any(array.flags.writeable for array in by_weight.values())


def test_what_is_remembered_lies_in_memory_as_its_weight_does(tmp_path):
    """As an optimizer makes it: another order would change the last bits of sums."""
    model = Convolution()
    layouts = {(w.data.flags.c_contiguous, w.data.flags.f_contiguous) for w in model.weights() if w.ndim > 1}
    assert len(layouts) == 3
    save(model, tmp_path / "m", optimizer=every_state(model))
    found = load(other := Convolution(1), tmp_path / "m", optimizer=EveryState()).optimizer
    assert [found.same[w].strides for w in other.weights()] == [w.data.strides for w in other.weights()]


@pytest.mark.parametrize("name", ["rows", "history", "same"])
def test_arrays_of_another_shape_are_refused(tmp_path, name):
    save(model := Convolution(), tmp_path / "m", optimizer=every_state(model))
    wrong = io.BytesIO()
    np.save(wrong, np.zeros((7, 7)))
    rewritten(tmp_path / "m", lambda entries: entries.update({f"optimizer/{name}/own.npy": wrong.getvalue()}))
    with pytest.raises(CheckpointError, match=rf"optimizer/{name}/own has shape \(7, 7\), expected"):
        load(model, tmp_path / "m", optimizer=EveryState())


def test_a_number_that_json_cannot_hold_is_refused(tmp_path):
    with pytest.raises(TypeError, match=r"EveryState\.best is a float32"):
        save(Small(), tmp_path / "m", optimizer=EveryState(np.float32(1)))
