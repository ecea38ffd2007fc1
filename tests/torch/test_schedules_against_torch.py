"""Schedules beside torch.optim.lr_scheduler, step by step."""

import numpy as np
import pytest

from kytorch.optim import PlateauState, plateau, schedule

torch = pytest.importorskip("torch")
theirs = torch.optim.lr_scheduler

LR = 0.3
STEPS = 60
CASES = [
    ("StepLR", schedule.step(LR, 7), (7,), {}),
    ("StepLR", schedule.step(LR, 1, 0.8), (1, 0.8), {}),
    ("MultiStepLR", schedule.multi_step(LR, [20, 3, 3], 0.5), ([3, 3, 20], 0.5), {}),
    ("ExponentialLR", schedule.exponential(LR, 0.9), (0.9,), {}),
    ("ExponentialLR", schedule.exponential(LR, 1.1), (1.1,), {}),
    ("LinearLR", schedule.linear(LR), (), {}),
    ("LinearLR", schedule.linear(LR, 0.1, 0.7, 33), (0.1, 0.7, 33), {}),
    ("PolynomialLR", schedule.polynomial(LR, 40), (40,), {}),
    ("PolynomialLR", schedule.polynomial(LR, 40, 2.5), (40, 2.5), {}),
    ("ConstantLR", schedule.piecewise([LR / 4, LR], [9]), (0.25, 9), {}),
    ("CosineAnnealingLR", schedule.cosine(LR, STEPS), (STEPS,), {}),
    ("CosineAnnealingLR", schedule.cosine(LR, STEPS, 0.05), (STEPS, 0.05), {}),
    ("CosineAnnealingWarmRestarts", schedule.cosine_restarts(LR, 7), (7,), {}),
    ("CosineAnnealingWarmRestarts", schedule.cosine_restarts(LR, 5, 2, 0.02), (5, 2, 0.02), {}),
    *[
        ("OneCycleLR", schedule.one_cycle(LR, STEPS, **options), (LR, STEPS), options)
        for options in [
            {},
            {"anneal_strategy": "linear"},
            {"three_phase": True},
            {"three_phase": True, "anneal_strategy": "linear", "pct_start": 0.2, "div_factor": 3.0},
            {"pct_start": 0.0, "final_div_factor": 10.0},
            {"pct_start": 1.0, "div_factor": 5.0},
            {"pct_start": 0.123},
        ]
    ],
]


def run(make, steps):
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR, momentum=0.9)
    scheduler = make(optimizer)
    rates = [optimizer.param_groups[0]["lr"]]
    for _ in range(steps - 1):
        optimizer.step()
        scheduler.step()
        rates.append(optimizer.param_groups[0]["lr"])
    return rates


@pytest.mark.parametrize(("name", "ours", "arguments", "options"), CASES)
def test_the_rates_agree(name, ours, arguments, options):
    expected = run(lambda optimizer: getattr(theirs, name)(optimizer, *arguments, **options), STEPS)
    np.testing.assert_allclose([ours(t) for t in range(STEPS)], expected, rtol=1e-12, atol=1e-16)
    assert len(set(expected)) > 1


@pytest.mark.filterwarnings("ignore:.*epoch parameter:UserWarning")  # SequentialLR's own call
def test_joined_schedules_agree():
    ours = schedule.join(
        [schedule.linear(LR, 0.1, 1.0, 8), schedule.exponential(LR, 0.9), schedule.step(LR, 5)], [8, 20]
    )
    expected = run(
        lambda o: theirs.SequentialLR(
            o, [theirs.LinearLR(o, 0.1, 1.0, 8), theirs.ExponentialLR(o, 0.9), theirs.StepLR(o, 5)], [8, 20]
        ),
        STEPS,
    )
    np.testing.assert_allclose([ours(t) for t in range(STEPS)], expected, rtol=1e-12)


@pytest.mark.parametrize("mode", ["min", "max"])
@pytest.mark.parametrize("threshold_mode", ["rel", "abs"])
@pytest.mark.parametrize(
    "options",
    [
        {},
        {"patience": 0},
        {"patience": 2, "factor": 0.7, "cooldown": 3},
        {"patience": 1, "threshold": 0.2, "min_lr": 0.01},
        {"patience": 0, "factor": 0.5, "eps": 0.02},
        {"patience": 0, "factor": 0.0, "min_lr": 0.1},
    ],
)
def test_plateaus_agree(mode, threshold_mode, options):
    options = options | {"mode": mode, "threshold_mode": threshold_mode}
    rng = np.random.default_rng(0)
    for values in (rng.normal(0.0, 1.0, 100), 3.0 + rng.normal(0.0, 0.3, 100), np.abs(50.0 - np.arange(100)) / 10):
        optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=LR)
        scheduler, state = theirs.ReduceLROnPlateau(optimizer, **options), PlateauState(lr=LR)
        for value in values:
            scheduler.step(value)
            state = plateau(float(value), state, **options)
            assert state.lr == optimizer.param_groups[0]["lr"]
            assert (state.best, state.bad_steps, state.cooldown) == (
                scheduler.best,
                scheduler.num_bad_epochs,
                scheduler.cooldown_counter,
            )
        assert state.lr < LR or (options.get("patience", 10) == 10)
