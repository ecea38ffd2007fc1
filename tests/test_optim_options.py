"""What single optimizers promise beside their equations, and the options that they refuse."""

import math

import numpy as np
import pytest
from optimizers import DTYPES, ROWS, pairs

from kytorch import Tensor, TrainableWeight, optim


def one(w, g, dtype=np.float64):
    return [(Tensor(np.asarray(g, dtype)), TrainableWeight(np.asarray(w, dtype)))]


def assert_refused(step, gradients, error, match):
    before = [weight._data for _, weight in gradients]
    with pytest.raises(error, match=match):
        step(gradients)
    assert all(weight._data is array for array, (_, weight) in zip(before, gradients))


# Wrong options

ANY = [
    *[("lr", x, ValueError) for x in (-0.1, math.nan, math.inf)],
    *[("lr", x, TypeError) for x in ("0.1", None, True, Tensor(0.1), [0.1], 1j)],
    ("weight_decay", -0.1, ValueError),
    ("weight_decay", math.inf, ValueError),
    ("weight_decay", "0.1", TypeError),
]
EPS = [("eps", 0.0, ValueError), ("eps", -1e-8, ValueError), ("eps", "1", TypeError)]
BETAS = [
    ("betas", (1.0, 0.9), ValueError),
    ("betas", (0.9, -0.1), ValueError),
    ("betas", (0.9, math.nan), ValueError),
    *[("betas", x, TypeError) for x in (0.9, (0.9,), (0.9, 0.99, 0.999), ("a", 0.9))],
]
MOMENTUM = [("momentum", -0.1, ValueError), ("momentum", 1.0, ValueError)]
WRONG = {
    "descent": [
        *MOMENTUM,
        ("momentum", "0.9", TypeError),
        ("dampening", 1.0, ValueError),
        ("dampening", -1.0, ValueError),
    ],
    "adam": [*BETAS, *EPS],
    "adamw": [*BETAS, *EPS],
    "nadam": [*BETAS, *EPS, ("momentum_decay", -0.1, ValueError), ("momentum_decay", math.nan, ValueError)],
    "radam": [*BETAS, *EPS],
    "adamax": [*BETAS, *EPS],
    "rmsprop": [
        *[*EPS, ("alpha", 1.0, ValueError), ("alpha", -0.1, ValueError)],
        *[("momentum", -0.1, ValueError), ("momentum", 1.0, ValueError), ("momentum", None, TypeError)],
    ],
    "adagrad": [
        *[*EPS, ("lr_decay", -0.1, ValueError), ("lr_decay", "1", TypeError)],
        ("initial_accumulator_value", -0.1, ValueError),
    ],
    "adadelta": [*EPS, ("rho", 1.0, ValueError), ("rho", -0.1, ValueError)],
    "lion": BETAS,
    "lamb": [*BETAS, *EPS],
    "muon": [
        *[*EPS, ("momentum", -0.1, ValueError), ("momentum", 1.0, ValueError)],
        *[("ns_coefficients", x, TypeError) for x in (3.0, (3.0, -4.0), "abc", (1.0, 2.0, "c"))],
        *[("ns_coefficients", (1.0, math.nan, 1.0), ValueError), ("ns_steps", -1, ValueError)],
        *[("ns_steps", 5.0, TypeError), ("ns_steps", True, TypeError)],
        *[("adjust_lr_fn", "other", ValueError), ("adjust_lr_fn", 1.0, ValueError)],
    ],
    "adafactor": [
        *[("beta2_decay", 0.1, ValueError), ("beta2_decay", math.nan, ValueError), ("d", 0.5, ValueError)],
        *[("eps", x, TypeError) for x in (1e-3, (1e-3,), None, ("a", 1e-3), (None, None))],
        *[("eps", (-1.0, 1e-3), ValueError), ("eps", (None, -1e-3), ValueError)],
    ],
}


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_switch_is_true_or_false(row):
    names = [name for name, value in row.options.items() if isinstance(value, bool)]
    for name in [*names, *(["nesterov"] if row.name == "descent" else [])]:
        for value in ("no", 1, None):
            step = lambda g, options={name: value}: row.step(g, row.state(), **options)
            assert_refused(step, pairs(row), TypeError, f"{name} is to be True or False")
        row.step(pairs(row), row.state(), **{name: np.True_})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_wrong_options_are_named_and_change_no_weight(row):
    for name, value, error in [*ANY, *WRONG[row.name]]:
        step = lambda g, options={name: value}: row.step(g, row.state(), **options)
        assert_refused(step, pairs(row), error, f"{row.name}: {name}")


# Steps that seem short


def assert_stays_finite(row, dtype, g, options):
    """Ten steps of the largest weights there are, against and along g, or as many as are not refused."""
    largest = float(np.finfo(dtype).max)
    gradients, state = one([[largest, -largest]], [[g, g]], dtype), row.state()
    try:
        for _ in range(10):
            state = row.step(gradients, state, **options)
    except ValueError as error:
        assert "overflows" in str(error)
    assert np.isfinite(gradients[0][1].data).all(), (g, options)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_no_step_however_long_takes_a_float16_weight_out_of_its_range(row):
    # one that brings the weights back proves nothing
    alone = [{name: value} for name, value in row.options.items() if name not in ("weight_decay", "maximize")]
    if row.name == "descent":
        alone.append({"nesterov": True})
    for options in [{"weight_decay": 0.0, **part} for part in [{}, *alone]]:
        for g in (1e-7, 1e-4, 1e-1, 1e2):
            for lr in (1e-2, 1.0, 4.0, 1e2, 1e4, 1e7):
                assert_stays_finite(row, np.float16, g, {"lr": lr, **options})


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
@pytest.mark.parametrize("dtype", DTYPES)
def test_a_rate_or_an_eps_that_the_dtype_does_not_hold_makes_no_weight_that_is_not_finite(row, dtype):
    options = [{"lr": lr} for lr in (1e42, 1e60, 1e300)]
    if isinstance(row.options.get("eps"), float):
        options += [{"lr": 0.1, "eps": eps} for eps in (1e-30, 1e-46, 1e-320)]
    modes = [{name: row.options[name]} for name in ("momentum", "centered", "amsgrad") if name in row.options]
    for mode in [{}, *modes]:
        for option in options:
            for g in (0.0, 1e-30, 1e-25):
                assert_stays_finite(row, dtype, g, {**option, **mode})


def test_a_long_step_of_plain_descent_whose_square_is_0_in_float16_is_refused():
    gradients = one([65504.0], [-1.5e-4], np.float16)
    assert_refused(lambda g: optim.gradient_descent(g, lr=1e6), gradients, ValueError, "overflows")


def test_a_long_step_of_centered_rmsprop_from_a_small_gradient_is_refused():
    gradients = one([65504.0], [-1e-4], np.float16)
    step = lambda g: optim.rmsprop(g, optim.RMSpropState(), lr=4.0, centered=True)
    assert_refused(step, gradients, ValueError, "overflows")


# What each promises


def test_maximize_climbs():
    for row in ROWS:
        if "maximize" in row.options:
            up, down = one(1.0, 0.5), one(1.0, -0.5)
            row.step(up, row.state(), lr=0.1, maximize=True)
            row.step(down, row.state(), lr=0.1)
            assert up[0][1].data == down[0][1].data > 1.0


def test_rmsprop_remembers_only_what_its_options_read():
    gradients = one([1.0], [0.5])
    plain = optim.rmsprop(gradients, optim.RMSpropState())
    assert (len(plain.square), len(plain.mean), len(plain.velocity)) == (1, 0, 0)
    both = optim.rmsprop(gradients, plain, centered=True, momentum=0.5)
    assert (len(both.square), len(both.mean), len(both.velocity)) == (1, 1, 1)


def test_centered_rmsprop_stays_finite_where_rounding_would_make_the_variance_negative():
    gradients, state = one(np.ones(50), np.linspace(0.1, 1.0, 50), np.float32), optim.RMSpropState()
    for _ in range(300):
        state = optim.rmsprop(gradients, state, lr=1e-9, alpha=0.5, centered=True)
    assert np.isfinite(gradients[0][1].data).all()


def test_adagrads_first_sum_begins_at_the_initial_value():
    gradients = one([0.0], [3.0])
    state = optim.adagrad(gradients, optim.AdagradState(), lr=1.0, initial_accumulator_value=16.0)
    assert state.total[gradients[0][1]].tolist() == [25.0] and gradients[0][1].data[0] == pytest.approx(-0.6)
    state = optim.adagrad(gradients, state, lr=1.0, initial_accumulator_value=16.0)
    assert state.total[gradients[0][1]].tolist() == [34.0]


def test_adadeltas_step_is_in_the_units_of_the_weight():
    ends = []
    for unit in (1.0, 1e3):  # the gradient of f(w / unit) is 1 / unit of f's
        gradients, state = one(np.zeros(1), [5.0 / unit]), optim.AdadeltaState()
        for _ in range(50):
            state = optim.adadelta(gradients, state, eps=1e-300)
        ends.append(gradients[0][1].data[0])
    assert ends[0] == pytest.approx(ends[1], rel=1e-9) and ends[0] < 0.0


def test_each_step_of_lion_has_the_length_lr_whatever_the_gradients_size():
    for size in (1e-30, 1.0, 1e30):
        gradients = one(np.zeros(3), [size, -size, 0.0], np.float32)
        optim.lion(gradients, optim.LionState(), lr=0.25)
        assert gradients[0][1].data.tolist() == [-0.25, 0.25, 0.0]


def test_each_step_of_lamb_has_the_length_lr_of_its_weights_norm():
    for size in (1e-3, 1.0, 1e3):
        gradients = one([3.0 * size, 4.0 * size], [1.0, -2.0])
        before = gradients[0][1].data.copy()
        optim.lamb(gradients, optim.LambState(), lr=0.1)
        assert np.linalg.norm(gradients[0][1].data - before) == pytest.approx(0.5 * size, rel=1e-9)


def test_lamb_steps_as_adam_from_a_weight_of_zeros():
    ours, adams = one(np.zeros(3), [1.0, -2.0, 0.5]), one(np.zeros(3), [1.0, -2.0, 0.5])
    optim.lamb(ours, optim.LambState(), lr=0.1, eps=1e-3, weight_decay=0.5)
    optim.adam(adams, optim.AdamState(), lr=0.1, eps=1e-3)
    np.testing.assert_allclose(ours[0][1].data, adams[0][1].data, rtol=1e-12)


def test_lambs_norms_do_not_overflow_float32():
    gradients = one(np.full(4, 1e30), np.ones(4), np.float32)
    optim.lamb(gradients, optim.LambState(), lr=0.5, weight_decay=0.0)
    np.testing.assert_allclose(gradients[0][1].data, 5e29, rtol=1e-5)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5)])
def test_muons_step_is_nearly_orthogonal_whatever_the_gradients_size(shape):
    g = np.random.default_rng(0).standard_normal(shape)
    for size in (1e-3, 1.0, 1e30):
        gradients = one(np.zeros(shape), size * g, np.float32)
        optim.muon(gradients, optim.MuonState(), lr=1.0)
        s = np.linalg.svd(gradients[0][1].data / math.sqrt(max(1.0, shape[0] / shape[1])), compute_uv=False)
        assert (s > 0.6).all() and (s < 1.3).all()


def test_muon_takes_matrices_only_and_says_where_the_others_belong():
    for shape in ((), (3,), (2, 3, 4), (4, 3, 2, 2)):
        gradients = [*one(np.ones((2, 2)), np.ones((2, 2))), *one(np.ones(shape), np.ones(shape))]
        step = lambda g: optim.muon(g, optim.MuonState())
        assert_refused(step, gradients, ValueError, r"muon: weight 1, of shape \(.*matrices.*select\(\)")


def test_adafactor_remembers_a_row_and_a_column_of_a_matrix_and_all_of_a_vector():
    gradients = [pair for shape in ((5, 3), (4, 5, 3), (7,), ()) for pair in one(np.ones(shape), np.ones(shape))]
    state = optim.adafactor(gradients, optim.AdafactorState())
    matrix, stack, vector, number = [weight for _, weight in gradients]
    assert {w: a.shape for w, a in state.rows.items()} == {matrix: (5, 1), stack: (4, 5, 1)}
    assert {w: a.shape for w, a in state.columns.items()} == {matrix: (1, 3), stack: (4, 1, 3)}
    assert {w: a.shape for w, a in state.square.items()} == {vector: (7,), number: ()}


def test_adafactors_first_step_is_at_most_lr_of_the_weights_root_mean_square():
    g = np.random.default_rng(0).standard_normal((5, 3))
    for size in (1.0, 1e6):
        gradients = one(np.full((5, 3), 2.0), g * size)
        before = gradients[0][1].data.copy()
        optim.adafactor(gradients, optim.AdafactorState(), lr=0.5)
        moved = np.sqrt(((gradients[0][1].data - before) ** 2).mean())
        assert 0.5 < moved <= 1.0 + 1e-12


def test_adafactor_takes_gradients_of_zero_with_an_eps_of_zero():
    gradients = one(np.ones((2, 2)), np.zeros((2, 2)), np.float32)
    optim.adafactor(gradients, optim.AdafactorState(), eps=(0.0, 1e-3))
    assert gradients[0][1].data.tolist() == [[1.0, 1.0], [1.0, 1.0]]


# all but Adafactor, whose first mean is the square itself
SQUARES = [row for row in ROWS if "square" in row.state().arrays() and row.name != "adafactor"]


@pytest.mark.parametrize("row", SQUARES, ids=lambda row: row.name)
def test_a_gradient_whose_square_overflows_but_not_what_is_new_of_their_mean_is_taken(row):
    gradients = one([1.0, 2.0], [2e19, -2e19], np.float32)
    row.step(gradients, row.state(), lr=0.1, **({"rho": 0.999} if row.name == "adadelta" else {}))
    assert gradients[0][1].data[0] < 1.0 and gradients[0][1].data[1] > 2.0


# States


@pytest.mark.parametrize(
    ("state", "fields"),
    [
        (optim.AdagradState, ["total"]),
        (optim.AdadeltaState, ["square"]),
        (optim.LambState, ["mean", "steps"]),
        (optim.AdafactorState, ["rows", "steps"]),
        (optim.AdafactorState, ["square"]),
        (optim.AdafactorState, ["steps"]),
        (optim.AdafactorState, ["rows", "columns", "square", "steps"]),
    ],
)
def test_a_state_whose_fields_have_other_weights_than_each_other_is_refused(state, fields):
    weight = TrainableWeight(np.ones((2, 2)))
    entries = {name: {weight: 1 if name == "steps" else np.ones((2, 2))} for name in fields}
    with pytest.raises(ValueError, match="weights"):
        state(1, **entries)
