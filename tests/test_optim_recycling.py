"""Memory that is used again is nobody's: states, views, arrays and Tensors that are kept never change."""

import copy
import ctypes
import dataclasses
import pickle
import runpy
import sys
import threading
import weakref

import numpy as np
import pytest
from optimizers import ROWS

import kytorch as kt
from kytorch import Tensor, TrainableWeight, nn, optim
from kytorch.optim import recycling
from kytorch.optim.recycling import fresh

SHAPE = (300, 40)  # too large to be computed as one with others
rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def one(shape=SHAPE, dtype=np.float32, order="C"):
    rng = np.random.default_rng(0)
    return TrainableWeight(np.asarray(rng.standard_normal(shape), dtype, order=order))


def gradients(weight, t):
    return [(Tensor(np.random.default_rng(t).standard_normal(weight.shape).astype(weight.dtype)), weight)]


def places(state):
    """Where in memory the arrays of a state are."""
    return [x.ctypes.data for by_weight in state.arrays().values() for x in by_weight.values()]


def stepped(state, weight, t):
    return optim.adam(gradients(weight, t), state, lr=0.01)


def test_the_arrays_before_the_last_are_written_to_again():
    weight = one()
    first = stepped(optim.AdamState(), weight, 1)
    where = {*places(first), weight._data.ctypes.data}
    second = stepped(first, weight, 2)
    assert not where & {*places(second), weight._data.ctypes.data}
    del first
    third = stepped(second, weight, 3)
    assert where == {*places(third), weight._data.ctypes.data}


HOLDERS = {
    "the state": lambda state, x: state,
    "a field": lambda state, x: state.mean,
    "the array": lambda state, x: x,
    "a view": lambda state, x: x[3:5, ::2],
    "a view of a view": lambda state, x: x[1:].T[3:],
    "a buffer": lambda state, x: memoryview(x),
    "an iterator": lambda state, x: iter(x.flat),
    "a pointer": lambda state, x: x.ctypes.data_as(ctypes.c_void_p),
    "a buffer to pickle": lambda state, x: pickle.PickleBuffer(x),
    "a nested iterator": lambda state, x: np.nditer(x),
    "the weight's average": lambda state, x: optim.AverageState(0, {next(iter(state.mean)): x}),
    "a weak reference": lambda state, x: weakref.ref(x),
    "a capsule": lambda state, x: np.from_dlpack(x) if np.lib.NumpyVersion(np.__version__) >= "2.1.0" else x[:],
    "a copy of the state": lambda state, x: copy.copy(state),
    "a state made of it": lambda state, x: dataclasses.replace(state, step=7),
}


@pytest.mark.parametrize("holder", HOLDERS.values(), ids=HOLDERS)
def test_what_anybody_holds_is_not_written_to(holder):
    weight = one()
    first = stepped(optim.AdamState(), weight, 1)
    held = holder(first, first.mean[weight])
    where, bits = first.mean[weight].ctypes.data, first.mean[weight].tobytes()
    second = stepped(first, weight, 2)
    del first
    third = stepped(second, weight, 3)
    assert where not in places(third)
    if isinstance(held, np.ndarray) and held.shape == SHAPE:
        assert held.tobytes() == bits


@rows
@pytest.mark.parametrize("order", ["C", "F"])
def test_nothing_that_is_kept_ever_changes(row, order):
    weight, rng = one(order=order), np.random.default_rng(1)
    state, kept = row.state(), []
    for t in range(1, 25):
        state = row.step(gradients(weight, t), state, lr=0.01)
        arrays = [x for field in state.arrays().values() for x in field.values()]
        chance = rng.integers(0, 6)
        if chance == 0:
            kept += [(state, x, x.tobytes()) for x in arrays]
        elif chance == 1:
            kept += [(x, x, x.tobytes()) for x in arrays]
        elif chance == 2:
            kept += [(y, y, y.tobytes()) for y in (x[1:].T for x in arrays if x.ndim)]
        elif chance == 3:
            kept += [(x, x.numpy(), x.numpy().tobytes()) for x in (weight.tensor(), 2.0 * weight.tensor())]
        elif chance == 4:
            kept += [(None, x, x.tobytes()) for x in (weight.data, np.asarray(weight))]
        for _, array, bits in kept:
            assert array.tobytes() == bits


def test_graphs_differentiate_the_weight_that_they_read():
    weight = one()
    state = optim.AdamState()
    losses = []
    for t in range(6):
        losses.append(((weight.tensor() ** 2).sum(), 2.0 * weight.data))
        state = stepped(state, weight, t)
    for loss, expected in losses:
        np.testing.assert_array_equal(loss.backward()[0][0].numpy(), expected)


@rows
def test_two_steps_from_one_state_are_the_same_and_share_nothing(row):
    weight = one()
    state = row.state()
    for t in range(4):
        state = row.step(gradients(weight, t), state, lr=0.01)
    before = weight._data
    answers = []
    for _ in range(3):
        weight._data = before
        answers.append((row.step(gradients(weight, 9), state, lr=0.01), weight._data))
    everything = [[x for field in s.arrays().values() for x in field.values()] + [w] for s, w in answers]
    for arrays in zip(*everything):
        assert len({x.tobytes() for x in arrays}) == 1
        assert len({x.ctypes.data for x in arrays}) == len(arrays)


def test_threads_that_step_from_one_state_share_nothing():
    weights = [one() for _ in range(4)]
    state = optim.AdamState()
    for t in range(4):
        state = optim.adam([pair for weight in weights for pair in gradients(weight, t)], state)
    expected = optim.adam(gradients(weights[0], 9), state).mean[weights[0]].tobytes()
    meeting, found = threading.Barrier(8, timeout=10), []

    def work():
        meeting.wait()
        found.append(optim.adam([pair for weight in weights for pair in gradients(weight, 9)], state))

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {s.mean[weights[0]].tobytes() for s in found} == {expected}
    assert len({place for s in found for place in places(s)}) == 8 * 8


def test_the_spare_arrays_are_no_part_of_the_state(tmp_path):
    model = nn.Linear(200, 100)
    state = optim.AdamState()
    for t in range(3):
        state = optim.adam([pair for weight in model.weights() for pair in gradients(weight, t)], state)
    assert any(state._spare.values())
    assert "spare" not in repr(state) and "_spare" not in [f.name for f in dataclasses.fields(state)]
    (model2, pickled), copied = pickle.loads(pickle.dumps((model, state))), copy.copy(state)
    kt.save(model, tmp_path / "a.npz", optimizer=state)
    loaded = kt.load(model, tmp_path / "a.npz", optimizer=optim.AdamState()).optimizer
    for other in (pickled, copied, copy.deepcopy(state), dataclasses.replace(state), loaded):
        assert not hasattr(other, "_spare")
    bits = [x.tobytes() for x in state.mean.values()]
    assert [pickled.mean[weight].tobytes() for weight in model2.weights()] == bits
    assert len(pickle.dumps(state)) < 2.5 * len(pickle.dumps(state.mean))


def test_a_state_that_is_dropped_gives_all_memory_back():
    weight = one()
    state, alive = optim.AdamState(), []
    for t in range(5):
        state = stepped(state, weight, t)
        alive += [weakref.ref(x) for field in state.arrays().values() for x in field.values()]
    del state
    assert not [x for x in alive if x() is not None]


@pytest.mark.parametrize(
    "other", [np.empty(SHAPE), np.empty(SHAPE[::-1], np.float32), np.empty(SHAPE, np.float32, order="F")]
)
def test_only_an_array_of_that_shape_dtype_and_layout_is_taken(other):
    like = np.empty(SHAPE, np.float32)
    spare = [np.empty(SHAPE, np.float32), other]
    where = spare[0].ctypes.data
    del other
    found = fresh(like, like.dtype, spare)
    assert found.dtype == like.dtype and found.shape == SHAPE and found.strides == like.strides
    assert found.flags.writeable and not spare
    assert found.ctypes.data == where or sys.version_info >= (3, 15)


def test_a_debugger_that_holds_what_it_sees_misleads_nobody():
    seen = []

    def trace(frame, event, argument):
        seen.append(dict(frame.f_locals))
        return trace

    found = sys.gettrace()
    try:
        sys.settrace(trace)
        module = runpy.run_path(recycling.__file__)
    finally:
        sys.settrace(found)
    like = np.empty(SHAPE, np.float32)
    assert seen
    for holders in range(1, 6):
        held = [np.empty(SHAPE, np.float32)] * holders
        assert module["fresh"](like, like.dtype, held[:1]) is not held[0]


def test_a_view_is_not_taken():
    like = np.empty(SHAPE, np.float32)
    base = np.zeros((2, *SHAPE), np.float32)
    fresh(like, like.dtype, [base[0]])[...] = 1.0
    assert not base.any()
