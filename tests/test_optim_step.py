"""The engine of the steps: small weights together, large ones block by block and on threads, all or nothing."""

import itertools
import math
import sys

import numpy as np
import pytest
from optimizers import ROWS

from kytorch import Tensor, TrainableWeight, optim
from kytorch.optim.blockwise import BLOCK, SMALL
from kytorch.optim.rule import Rule, refuse_other_state
from kytorch.optim.step import stepped

rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def weights_of(shapes, dtype=np.float32, order="C"):
    rng = np.random.default_rng(1)
    return [TrainableWeight(np.asarray(rng.standard_normal(shape), dtype, order=order)) for shape in shapes]


def gradients(weights, t, scale=1.0):
    rng = np.random.default_rng(t)
    return [(Tensor(np.asarray(scale * rng.standard_normal(w.shape), w.dtype)), w) for w in weights]


def bits(weights, state):
    fields = [*state.arrays().values(), *state.counts().values(), *state.factors().values()]
    return [[np.asarray(x[w]).tobytes() for x in (*fields, {w: w.data}) if w in x] for w in weights]


# What is computed together, or in parts, is what each weight alone would be


MIXED = [(3,), (), (2, 3), (0, 4), (SMALL,), (SMALL + 1,), (BLOCK - 1,), (BLOCK,), (2, BLOCK // 2 + 3), (7, 5, 3)]


@rows
def test_weights_step_together_as_each_alone(row):
    shapes = MIXED if row.name != "muon" else [(3, 2), (1, 3), (300, 20), (4, 4)]
    together, alone = weights_of(shapes), weights_of(shapes)
    state, states = row.state(), [row.state() for _ in shapes]
    for t in range(1, 5):
        there = [i for i in range(len(shapes)) if i % 3 or t > 2]  # some join late
        state = row.step([gradients(together, t)[i] for i in there], state, lr=0.01, **row.options)
        for i in there:
            states[i] = row.step([gradients(alone, t)[i]], states[i], lr=0.01, **row.options)
    for i, (w, own) in enumerate(zip(together, states)):
        assert bits([w], state) == bits([alone[i]], own)


def test_small_weights_of_several_dtypes_step_in_their_own():
    weights = [w for dtype in (np.float16, np.float32, np.float64) for w in weights_of([(3,), (), (2, 2)], dtype)]
    alone = [w for dtype in (np.float16, np.float32, np.float64) for w in weights_of([(3,), (), (2, 2)], dtype)]
    state = optim.adam(gradients(weights, 1), optim.AdamState())
    for pair, w, other in zip(gradients(alone, 1), weights, alone):
        optim.adam([pair], optim.AdamState())
        assert w.dtype == other.dtype and w.shape == other.shape and w.data.tobytes() == other.data.tobytes()
        assert state.mean[w].shape == w.shape


def test_small_weights_of_which_some_remember_more_step_as_each_alone():
    answers = []
    for apart in (False, True):
        weights = weights_of([(3,), (2, 2)])
        (first, second), state = gradients(weights, 0), optim.AdamState()
        state = optim.adam([second], optim.adam([first], state, amsgrad=True))
        for listed in [[first], [second]] if apart else [[first, second]]:
            state = optim.adam(listed, state, amsgrad=True)
        answers.append(bits(weights, state))
    assert answers[0] == answers[1]


@pytest.mark.parametrize("shape", [(300, 500), (7, 50, 400), (200_000,)])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
def test_how_a_large_weight_lies_in_memory_does_not_tell(shape, dtype):
    answers = []
    for axes in itertools.permutations(range(len(shape))):
        back = np.argsort(axes)
        (plain,) = weights_of([shape], dtype)
        weight = TrainableWeight(np.ascontiguousarray(plain.data.transpose(axes)).transpose(back))
        state = optim.AdamState()
        for t in range(3):
            g = gradients([plain], t)[0][0].numpy()
            g = np.repeat(g, 2, 0)[::2] if t == 1 else g  # not contiguous at all
            state = optim.adamw([(Tensor(g), weight)], state, lr=0.01, weight_decay=0.1)
        assert weight._data.strides == np.empty_like(weight._data).strides
        answers.append((weight.data.tobytes(), state.mean[weight].tobytes()))
    assert len(set(answers)) == 1


@rows
def test_the_number_of_threads_does_not_tell(row, monkeypatch):
    shapes = [(700, 500), (3,), (2 * BLOCK + 5,), (40, 40)] if row.name != "muon" else [(300, 20)]
    answers = []
    for threads in (1, 2, 3, 8):
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", str(threads))
        weights, state = weights_of(shapes), row.state()
        for t in range(3):
            state = row.step(gradients(weights, t), state, lr=0.01)
        answers.append(bits(weights, state))
    assert answers[0] == answers[1] == answers[2] == answers[3]


def test_a_weight_without_elements_and_an_empty_list_are_taken():
    state = optim.adam([], optim.AdamState())
    assert state.step == 1 and not state.mean
    (weight,) = weights_of([(0, 3)])
    assert optim.adam(gradients([weight], 0), state).mean[weight].shape == (0, 3)


# All or nothing


def assert_nothing_changed(step, weights, error, match):
    before = [w._data for w in weights]
    with pytest.raises(error, match=match):
        step()
    assert all(w._data is array for w, array in zip(weights, before))


@pytest.mark.parametrize("last", [(2,), (300, 500)])
@pytest.mark.parametrize("threads", ["1", "2"])
@rows
def test_a_step_that_overflows_in_the_last_of_many_weights_changes_none(row, last, threads, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", threads)
    shapes = [(3,), (300, 500), (), (SMALL + 1,), last] if row.name != "muon" else [(3, 2), (300, 20), (2, 2)]
    weights = weights_of(shapes)
    listed = gradients(weights, 0)
    state = row.step(listed, row.state())
    huge = np.full(weights[-1].shape, 3e38, np.float32)
    weights[-1].update(huge)
    listed[-1] = (Tensor(-huge), weights[-1])
    assert_nothing_changed(lambda: row.step(listed, state, lr=1e38), weights, ValueError, "overflows: weight")


@pytest.mark.parametrize("which", range(5))
def test_the_weight_that_overflows_is_named_by_its_place_in_the_list(which):
    weights = weights_of([(3,), (300, 500), (), (SMALL + 1,), (2,)])
    weights[which].update(np.full(weights[which].shape, 3e38, np.float32))
    listed = [(Tensor(np.full(w.shape, -1.0, np.float32)), w) for w in weights]
    step = lambda: optim.adam(listed, optim.AdamState(), lr=1e38)
    assert_nothing_changed(step, weights, ValueError, rf"overflows: weight {which}, of shape ")


@pytest.mark.parametrize("shape", [(3,), (300, 500)])
def test_a_float16_weight_at_the_end_of_its_range_moves_or_is_refused(shape):
    weight = TrainableWeight(np.full(shape, 65504.0, np.float16))
    up, down = [(Tensor(np.full(shape, x, np.float16)), weight) for x in (-1.0, 1.0)]
    assert_nothing_changed(lambda: optim.adam([up], optim.AdamState(), lr=50.0), [weight], ValueError, "overflows")
    optim.adam([down], optim.AdamState(), lr=50.0)
    assert (weight.data == 65440.0).all()


class Failing(Rule):
    """Fails at weights of shape (2,)."""

    fields = ("velocity",)
    elementwise = False

    def remember(self, g, old, new, scratch):
        if g.shape == (2,):
            raise ArithmeticError("of the last")


def test_an_error_in_the_last_weights_arithmetic_changes_no_weight():
    weights = weights_of([(3,), (300, 500), (2,)])
    step = lambda: stepped("fail", gradients(weights, 0), optim.MomentumState(), Failing())
    assert_nothing_changed(step, weights, ArithmeticError, "of the last")


@pytest.mark.parametrize("threads", ["1", "2"])
def test_what_underflows_or_overflows_on_the_way_raises_no_warning(threads, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", threads)
    weights = weights_of([(3,), (600, 500)])
    listed = gradients(weights, 0)
    for weight in weights:
        weight.update(np.full(weight.shape, 1e-38, np.float32))
    listed[1] = (Tensor(np.full((600, 500), 1e30, np.float32)), weights[1])
    with np.errstate(all="raise"):
        step = lambda: optim.adamw(listed, optim.AdamState(), lr=0.5, weight_decay=1.0)
        assert_nothing_changed(step, weights, ValueError, "overflows")


class Interrupted(Rule):
    """Moves each weight by 1, and is interrupted once."""

    fields = ("velocity",)
    rest = 0

    def remember(self, g, old, new, scratch):
        np.add(old[0], g, out=new[0])

    def move(self, g, w, old, new, out, scratch):
        Interrupted.rest -= 1
        if not Interrupted.rest:
            raise KeyboardInterrupt
        out[...] = 1.0

    def reach(self, squares):
        return 1.0


@pytest.mark.parametrize("after", [1, 3, 7, 11])
def test_an_interrupt_while_weights_move_waits_until_all_have_moved(after, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    weights = weights_of([(4 * BLOCK,), (3,), (5 * BLOCK,), (BLOCK,)])
    before = [w.data for w in weights]
    monkeypatch.setattr(Interrupted, "rest", after)
    with pytest.raises(KeyboardInterrupt):
        stepped("rule", gradients(weights, 0), optim.MomentumState(), Interrupted())
    for w, old in zip(weights, before):
        np.testing.assert_array_equal(w.data, old + np.float32(1.0))


@pytest.mark.parametrize("reach", [1.0, math.inf, None])
def test_an_interrupt_anywhere_in_a_step_finds_all_weights_moved_or_none(reach, monkeypatch):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    monkeypatch.setattr(Interrupted, "reach", lambda self, squares: reach)
    code = ("gradient_descent", "stepped", "_move_all", "replace", "cut", "update")
    shapes = [(SMALL + 1,), (3,), (2, 2), (SMALL + 2,)]
    outcomes = set()
    for at in range(10_000):
        weights = weights_of(shapes)
        before = [w._data for w in weights]
        listed, state = gradients(weights, 0), optim.MomentumState()
        rest = at

        def trace(frame, event, argument):
            nonlocal rest
            if frame.f_code.co_name not in code:
                return None
            frame.f_trace_opcodes, frame.f_trace_lines = True, False
            if event == "opcode":
                rest -= 1
                if rest < 0:
                    raise KeyboardInterrupt
            return trace

        found = sys.gettrace()
        try:
            sys.settrace(trace)
            if reach is None:
                optim.gradient_descent(listed, lr=0.1)
            else:
                stepped("rule", listed, state, Interrupted())
        except KeyboardInterrupt:
            pass
        finally:
            sys.settrace(found)
        outcomes.add(tuple(w._data is not array for w, array in zip(weights, before)))
        if rest >= 0 and at > 9:  # Python 3.12 only learns of opcodes in the first round
            break
    assert rest >= 0 and outcomes == {(False,) * 4, (True,) * 4}


# A rule of one's own


class Shrinking(Rule):
    """w <- w / 2 - lr v, v <- momentum v + g."""

    fields = ("velocity",)
    keep = 0.5

    def __init__(self, rate, momentum):
        self.rate, self.momentum = rate, momentum

    def remember(self, g, old, new, scratch):
        np.multiply(old[0], self.momentum, out=new[0])
        new[0] += g

    def move(self, g, w, old, new, out, scratch):
        np.multiply(new[0], -self.rate, out=out)


def shrunk(listed, state, lr):
    refuse_other_state("shrunk", state, optim.MomentumState)
    return stepped("shrunk", listed, state, Shrinking(lr, 0.5))


def test_a_rule_of_two_methods_is_an_optimizer():
    weight = TrainableWeight([2.0, 4.0])
    state = shrunk([(Tensor([1.0, 1.0]), weight)], optim.MomentumState(), lr=0.5)
    state = shrunk([(Tensor([1.0, 0.0]), weight)], state, lr=0.5)
    assert weight.data.tolist() == [-0.5, 0.5] and state.velocity[weight].tolist() == [1.5, 0.5] and state.step == 2
    with pytest.raises(TypeError, match="of kind MomentumState, not AdamState"):
        shrunk([], optim.AdamState(), lr=0.5)
    with pytest.raises(TypeError, match="not the class MomentumState"):
        shrunk([], optim.MomentumState, lr=0.5)
