"""Schedules: pure functions of the step; and the learning rate that falls on a plateau."""

import copy
import math
import pickle

import numpy as np
import pytest

import kytorch as kt
from kytorch import Tensor, TrainableWeight, nn, optim
from kytorch.optim import PlateauState, plateau, schedule

EVERY = {
    "constant": schedule.constant(0.5),
    "step": schedule.step(0.5, 3),
    "multi_step": schedule.multi_step(0.5, [2, 4], 0.5),
    "exponential": schedule.exponential(0.5, 0.9),
    "linear": schedule.linear(0.5),
    "polynomial": schedule.polynomial(0.5, 10, 2.0),
    "cosine": schedule.cosine(0.5, 10, 0.1),
    "cosine_restarts": schedule.cosine_restarts(0.5, 4, 2),
    "one_cycle": schedule.one_cycle(0.5, 20),
    "piecewise": schedule.piecewise([0.5, 0.1], [5]),
    "join": schedule.join([schedule.constant(0.5), schedule.exponential(0.5, 0.9)], [5]),
    "warmup_cosine": schedule.warmup_cosine(0.5, 5, 20),
}
of_every = pytest.mark.parametrize("name", EVERY)


def values(f, steps):
    return [f(t) for t in range(steps)]


# What every one does


@of_every
def test_a_schedule_is_a_function_of_the_step_alone(name):
    f = EVERY[name]
    forwards = values(f, 30)
    assert [f(t) for t in reversed(range(30))] == forwards[::-1]
    assert all(type(rate) is float and 0.0 <= rate <= 0.5 for rate in forwards)
    assert f(np.int64(7)) == f(7)


@of_every
def test_a_step_that_is_no_count_is_refused(name):
    for step, error in ((-1, ValueError), (1.0, TypeError), (True, TypeError), ("1", TypeError), (None, TypeError)):
        with pytest.raises(error, match="the step is"):
            EVERY[name](step)


@of_every
def test_a_schedule_is_pickled_and_shown_as_the_call_that_made_it(name):
    f = EVERY[name]
    written = eval(repr(f), vars(schedule).copy())
    for other in (pickle.loads(pickle.dumps(f)), copy.deepcopy(f), written):
        assert values(other, 30) == values(f, 30) and repr(other) == repr(f)


def test_a_schedules_repr_has_its_options_as_they_were_given():
    assert repr(EVERY["cosine"]) == "cosine(0.5, 10, 0.1)"
    assert repr(schedule.multi_step(0.5, [2, 4], gamma=0.5)) == "multi_step(0.5, (2, 4), gamma=0.5)"


def test_a_list_that_is_changed_afterwards_changes_no_schedule():
    for make in (schedule.multi_step, lambda _, places: schedule.piecewise([0.5, 0.1], places)):
        places = [5]
        f = make(0.5, places)
        before = values(f, 10)
        places[0] = 2
        assert values(f, 10) == values(pickle.loads(pickle.dumps(f)), 10) == before


@pytest.mark.parametrize("f", [schedule.exponential(0.1, 1.5), schedule.step(0.1, 1, 2.0)])
def test_a_rate_beyond_what_a_float_holds_is_refused_by_name(f):
    with pytest.raises(ValueError, match=r"(exponential|step)\(0\.1, .*\): the value at step 1000000 is beyond"):
        f(10**6)


ENDS = {"step": 0.0, "multi_step": 0.125, "exponential": 0.0, "linear": 0.5, "polynomial": 0.0, "cosine": 0.1}
ENDS |= {"constant": 0.5, "one_cycle": 0.5 / 25.0 / 1e4, "piecewise": 0.1, "warmup_cosine": 0.0}


@pytest.mark.parametrize(("name", "last"), ENDS.items())
def test_beyond_its_end_a_schedule_stays_at_its_last_value(name, last):
    assert EVERY[name](100_000) == pytest.approx(last, abs=1e-300, rel=1e-12)
    assert EVERY[name](10**15) == EVERY[name](100_000)
    if name not in ("step", "exponential"):
        assert EVERY[name](10**400) == EVERY[name](100_000)


@pytest.mark.parametrize(
    ("make", "error", "named"),
    [
        (lambda: schedule.constant(-0.1), ValueError, "lr"),
        (lambda: schedule.constant(math.inf), ValueError, "lr"),
        (lambda: schedule.constant("0.1"), TypeError, "lr"),
        (lambda: schedule.step(0.1, 0), ValueError, "step_size"),
        (lambda: schedule.step(0.1, 2.0), TypeError, "step_size"),
        (lambda: schedule.step(0.1, 2, -1.0), ValueError, "gamma"),
        (lambda: schedule.multi_step(0.1, [3, -1]), ValueError, "milestone"),
        (lambda: schedule.multi_step(0.1, 3), TypeError, "a list"),
        (lambda: schedule.multi_step(0.1, [0.5]), TypeError, "milestone"),
        (lambda: schedule.exponential(0.1, 0.0), ValueError, "gamma"),
        (lambda: schedule.exponential(0.1, math.nan), ValueError, "gamma"),
        (lambda: schedule.linear(0.1, -0.1), ValueError, "start_factor"),
        (lambda: schedule.linear(0.1, 0.1, -1.0), ValueError, "end_factor"),
        (lambda: schedule.linear(1e-3, 1e-5, 40), ValueError, r"end_factor is 40\.0; it is to be at most 1"),
        (lambda: schedule.linear(0.1, 1.5), ValueError, "start_factor is 1.5.*at most 1"),
        (lambda: schedule.linear(0.1, total_iters=0), ValueError, "total_iters"),
        (lambda: schedule.polynomial(0.1, 0), ValueError, "total_iters"),
        (lambda: schedule.polynomial(0.1, 5, 0.0), ValueError, "power"),
        (lambda: schedule.cosine(0.1, 0), ValueError, "T_max"),
        (lambda: schedule.cosine(0.1, 5, -0.1), ValueError, "eta_min"),
        (lambda: schedule.cosine_restarts(0.1, 0), ValueError, "T_0"),
        (lambda: schedule.cosine_restarts(0.1, 5, 0), ValueError, "T_mult"),
        (lambda: schedule.cosine_restarts(0.1, 5, 1.5), TypeError, "T_mult"),
        (lambda: schedule.one_cycle(0.1, 0), ValueError, "total_steps"),
        (lambda: schedule.one_cycle(0.1, 9, 1.1), ValueError, "pct_start"),
        (lambda: schedule.one_cycle(0.1, 9, 0.6, three_phase=True), ValueError, "pct_start is 0.6.*at most 0.5"),
        (lambda: schedule.one_cycle(0.1, 9, anneal_strategy="cosine"), ValueError, "anneal_strategy"),
        (lambda: schedule.one_cycle(0.1, 9, div_factor=0.0), ValueError, "div_factor"),
        (lambda: schedule.one_cycle(0.1, 9, final_div_factor=-1.0), ValueError, "final_div_factor"),
        (lambda: schedule.piecewise([0.1], [5]), ValueError, "1 values take 0 boundaries, got 1"),
        (lambda: schedule.piecewise([], []), ValueError, "0 values"),
        (lambda: schedule.piecewise([0.1, -1.0], [5]), ValueError, "a value"),
        (lambda: schedule.piecewise([1, 2, 3], [5, 5]), ValueError, "rise"),
        (lambda: schedule.piecewise([1, 2], [0]), ValueError, "boundary"),
        (lambda: schedule.piecewise(0.1, {5: 0.1}), TypeError, "a list"),
        (lambda: schedule.join([0.1, 0.2], [5]), TypeError, "a function of the step, not float"),
        (lambda: schedule.join([schedule.constant(1.0)], [5]), ValueError, "1 schedules take 0"),
        (lambda: schedule.join(schedule.constant(1.0), [5]), TypeError, "a list"),
        (lambda: schedule.warmup_cosine(0.1, 5, 5), ValueError, "total_steps"),
        (lambda: schedule.warmup_cosine(0.1, 0, 5), ValueError, "warmup_steps"),
    ],
)
def test_wrong_options_are_refused_when_the_schedule_is_made(make, error, named):
    with pytest.raises(error, match=named):
        make()


# Each by its definition


def test_step_and_multi_step_multiply_at_their_steps():
    assert values(schedule.step(1.0, 2, 0.5), 6) == [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    assert values(schedule.multi_step(1.0, [4, 1, 4], 0.5), 6) == [1.0, 0.5, 0.5, 0.5, 0.125, 0.125]
    assert values(schedule.multi_step(1.0, []), 2) == [1.0, 1.0]
    assert values(schedule.multi_step(1.0, [0, 1], 0.5), 3) == [0.5, 0.25, 0.25]
    assert values(schedule.exponential(1.0, 0.5), 4) == [1.0, 0.5, 0.25, 0.125]
    assert schedule.exponential(1e-3, 1.5)(2) == pytest.approx(2.25e-3)


def test_lines_and_powers():
    assert values(schedule.linear(2.0, 0.0, 1.0, 4), 7) == [0.0, 0.5, 1.0, 1.5, 2.0, 2.0, 2.0]
    assert values(schedule.linear(2.0, 1.0, 0.5, 2), 4) == [2.0, 1.5, 1.0, 1.0]
    assert values(schedule.polynomial(1.0, 4, 2.0), 6) == [1.0, 0.5625, 0.25, 0.0625, 0.0, 0.0]


def test_a_cosine_falls_from_lr_to_eta_min_and_stays():
    f = schedule.cosine(1.0, 4, 0.2)
    expected = [0.2 + 0.4 * (1.0 + math.cos(math.pi * t / 4)) for t in range(5)]
    assert values(f, 5) == pytest.approx(expected, rel=1e-15)
    assert [f(t) for t in (4, 5, 8)] == [0.2] * 3


def test_cosines_restart_at_lr_and_grow_longer():
    f = schedule.cosine_restarts(1.0, 3, 2)
    assert [t for t in range(45) if f(t) == 1.0] == [0, 3, 9, 21]
    assert [t for t in range(12) if schedule.cosine_restarts(1.0, 4)(t) == 1.0] == [0, 4, 8]
    assert values(f, 3) == values(schedule.cosine(1.0, 3), 3)
    assert values(f, 9)[3:] == values(schedule.cosine(1.0, 6), 6)


def test_one_cycle_rises_and_falls():
    for strategy in ("cos", "linear"):
        rates = values(schedule.one_cycle(1.0, 22, 0.5, strategy, 10.0, 100.0), 22)
        assert rates[0] == 0.1 and rates[-1] == pytest.approx(1e-3) and max(rates) == 1.0
        top = rates.index(max(rates))
        assert rates[: top + 1] == sorted(rates[: top + 1]) and rates[top:] == sorted(rates[top:], reverse=True)


def test_three_phases_come_back_to_the_first_value_before_the_end():
    rates = values(schedule.one_cycle(1.0, 20, 0.3, "linear", 10.0, 100.0, three_phase=True), 20)
    assert rates[5] == 1.0 and rates[10] == pytest.approx(0.1) and rates[19] == pytest.approx(1e-3)


@pytest.mark.parametrize("part", [0.0, 0.1, 0.2, 1.0])
def test_one_cycle_has_a_value_at_every_step_whatever_part_rises(part):
    for three_phase in (False, True):
        rates = values(schedule.one_cycle(1.0, 10, part / 2, three_phase=three_phase), 12)
        assert all(0.0 < rate <= 1.0 for rate in rates)


def test_piecewise_takes_the_next_value_at_each_boundary():
    assert values(schedule.piecewise([0.5, 0.25, 1], [2, 3]), 5) == [0.5, 0.5, 0.25, 1.0, 1.0]
    assert values(schedule.piecewise([0.5], []), 2) == [0.5, 0.5]


@pytest.mark.parametrize("scales", [{}, {3: 0.1}, {2: 0.5, 5: 4.0, 6: 0.1}])
def test_piecewise_is_optaxs_product_of_scales(scales):
    rates = [0.2 * math.prod(list(scales.values())[:i]) for i in range(len(scales) + 1)]
    f = schedule.piecewise(rates, list(scales))
    for t in range(10):
        assert f(t) == pytest.approx(0.2 * math.prod(scale for at, scale in scales.items() if t >= at), rel=1e-15)


def test_joined_schedules_count_their_own_steps():
    f = schedule.join([schedule.linear(1.0, 0.0, 1.0, 2), schedule.exponential(1.0, 0.5), lambda t: t / 8], [2, 4])
    assert values(f, 7) == [0.0, 0.5, 1.0, 0.5, 0.0, 0.125, 0.25]


def test_warmup_and_cosine_are_as_optax_defines_them():
    for start in (0.0, 0.1):
        f = schedule.warmup_cosine(2.0, 4, 12, eta_min=0.5, start_factor=start)
        for t in range(15):
            if t < 4:
                expected = 2.0 * start + (2.0 - 2.0 * start) * t / 4
            else:
                expected = 0.5 + 1.5 * (1.0 + math.cos(math.pi * min(t - 4, 8) / 8)) / 2.0
            assert f(t) == pytest.approx(expected, rel=1e-15)


def test_a_schedule_drives_an_optimizer_by_its_states_step():
    weight, rates = TrainableWeight(np.zeros(1)), schedule.piecewise([0.5, 0.25], [2])
    state = optim.AdamState()
    places = [0.0]
    for _ in range(4):
        state = optim.adam([(Tensor(np.ones(1)), weight)], state, lr=rates(state.step))
        places.append(weight.data.item())
    assert -np.diff(places) == pytest.approx([0.5, 0.5, 0.25, 0.25], rel=1e-6)


# On a plateau


def rates(values, state=None, **options):
    state, found = state or PlateauState(lr=1.0), []
    for value in values:
        state = plateau(value, state, **options)
        found.append(state.lr)
    return found


def test_the_rate_falls_after_more_than_patience_values_that_are_not_better():
    assert rates([5, 5, 5, 5, 5, 5], patience=1, factor=0.5) == [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    assert rates([5, 5, 4, 4, 3, 3], patience=1) == [1.0] * 6
    assert rates([1, 1, 2, 2], mode="max", patience=1) == [1.0] * 4
    assert rates([2, 1, 1], mode="max", patience=0, factor=0.5) == [1.0, 0.5, 0.25]


def test_what_is_better_by_less_than_the_threshold_is_not_better():
    values = [10.0, 9.5, 9.0]
    assert rates(values, patience=0, threshold=0.2, factor=0.5) == [1.0, 0.5, 0.25]
    assert rates(values, patience=0, threshold=0.04, factor=0.5) == [1.0] * 3
    assert rates(values, patience=0, threshold=0.6, threshold_mode="abs", factor=0.5) == [1.0, 0.5, 0.5]
    assert rates(values, patience=0, threshold=0.4, threshold_mode="abs", factor=0.5) == [1.0] * 3


def test_in_its_cooldown_bad_values_do_not_count():
    assert rates([1] * 6, patience=0, cooldown=2, factor=0.5) == [1.0, 0.5, 0.5, 0.5, 0.25, 0.25]


def test_the_rate_stays_above_min_lr_and_falls_by_more_than_eps():
    assert rates([1] * 4, patience=0, factor=0.5, min_lr=0.4) == [1.0, 0.5, 0.4, 0.4]
    assert rates([1] * 4, patience=0, factor=0.5, eps=0.3) == [1.0, 0.5, 0.5, 0.5]


def test_a_plateaus_state_is_frozen_numbers_and_is_never_changed():
    first = plateau(Tensor(3.0), PlateauState(0.1))
    plateau(4.0, first)
    assert first.numbers() == {"lr": 0.1, "step": 1, "best": 3.0, "bad_steps": 0, "cooldown": 0}
    assert repr(first) == "PlateauState(lr=0.1, step=1, best=3.0, bad_steps=0, cooldown=0)"
    with pytest.raises(AttributeError):
        first.lr = 1.0


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int64, int])
def test_a_plateaus_rate_is_a_float_whatever_number_it_was_given_as(kind):
    state = PlateauState(lr=kind(2))
    assert type(state.lr) is type(plateau(kind(3), state).best) is float and state.lr == 2.0


def test_a_plateaus_state_is_saved_and_loaded(tmp_path):
    model, state = nn.Linear(1, 1), plateau(2.0, plateau(1.5, PlateauState(0.25)), patience=3, cooldown=1)
    kt.save(model, tmp_path / "x.npz", optimizer=state)
    found = kt.load(model, tmp_path / "x.npz", optimizer=PlateauState()).optimizer
    assert found.numbers() == state.numbers() == {"lr": 0.25, "step": 2, "best": 1.5, "bad_steps": 1, "cooldown": 0}
    fresh = kt.save(model, tmp_path / "y.npz", optimizer=PlateauState())
    assert fresh is None and kt.load(model, tmp_path / "y.npz", optimizer=PlateauState()).optimizer.step == 0


@pytest.mark.parametrize(
    ("value", "options", "error", "named"),
    [
        (math.nan, {}, ValueError, "the value is nan"),
        (math.inf, {}, ValueError, "the value is inf"),
        ("1", {}, TypeError, "the value"),
        (Tensor([1.0, 2.0]), {}, ValueError, "item"),
        (1.0, {"mode": "least"}, ValueError, "mode"),
        (1.0, {"threshold_mode": "relative"}, ValueError, "threshold_mode"),
        (1.0, {"factor": 1.0}, ValueError, "factor"),
        (1.0, {"patience": 1.5}, TypeError, "patience"),
        (1.0, {"patience": -1}, ValueError, "patience"),
        (1.0, {"cooldown": -1}, ValueError, "cooldown"),
        (1.0, {"threshold": -1.0}, ValueError, "threshold"),
        (1.0, {"min_lr": -1.0}, ValueError, "min_lr"),
        (1.0, {"eps": math.inf}, ValueError, "eps"),
    ],
)
def test_wrong_calls_of_plateau_are_refused(value, options, error, named):
    with pytest.raises(error, match=named):
        plateau(value, PlateauState(0.1), **options)


def test_a_state_of_another_kind_and_wrong_numbers_are_refused():
    with pytest.raises(TypeError, match="PlateauState, not AdamState"):
        plateau(1.0, optim.AdamState())
    for fields, error in (
        ({"lr": -1.0}, ValueError),
        ({"lr": "1"}, TypeError),
        ({"best": math.inf}, ValueError),
        ({"step": -1}, ValueError),
        ({"bad_steps": 1.5}, TypeError),
        ({"cooldown": -1}, ValueError),
    ):
        with pytest.raises(error, match=f"PlateauState: {next(iter(fields))}"):
            PlateauState(**fields)
