"""Schedules, transformations of gradients, averages and L-BFGS: what a user writes."""

from typing import assert_type

import numpy as np

import kytorch as kt
from kytorch import Gradients, Tensor, TrainableWeight, nn, optim
from kytorch.optim import schedule
from kytorch.optim.schedule import Schedule

model = nn.Sequential(nn.Linear(2, 2), nn.Tanh())
x = Tensor([[1.0, 2.0]])
gradients = model(x).sum().backward()

# Schedules
rates: list[Schedule] = [
    schedule.constant(0.1),
    schedule.step(0.1, 30),
    schedule.multi_step(0.1, [30, 60], gamma=0.5),
    schedule.exponential(0.1, 0.9),
    schedule.linear(0.1, 0.01, total_iters=100),
    schedule.polynomial(0.1, 100, power=2),
    schedule.cosine(0.1, 100, eta_min=1e-4),
    schedule.cosine_restarts(0.1, T_0=10, T_mult=2),
    schedule.one_cycle(0.1, 100, anneal_strategy="linear", three_phase=True),
    schedule.piecewise([0.1, 0.01], [100]),
    schedule.warmup_cosine(0.1, 10, 100),
    schedule.join([schedule.linear(0.1), schedule.cosine(0.1, 100), lambda step: 0.1 / (step + 1)], [5, 50]),
]
state = optim.AdamState()
assert_type(rates[0](state.step), float)
state = optim.adam(optim.clip_by_norm(gradients, 1.0), state, lr=rates[0](state.step))

falling = optim.PlateauState(lr=0.1)
falling = optim.plateau(x.sum(), falling, mode="max", patience=3)
assert_type(optim.plateau(0.5, falling), optim.PlateauState)
assert_type(falling.lr, float)

# Lists of gradients
assert_type(optim.select(gradients, model, "0.*", "1"), Gradients)
assert_type(optim.split(gradients, model, {"no decay": ["*.bias"], "decay": "*"}), dict[str, Gradients])
assert_type(optim.clip_by_norm(gradients, 1, norm_type=float("inf")), Gradients)
assert_type(optim.clip_by_value(gradients, 0.5), Gradients)
assert_type(optim.clip_adaptively(gradients, 0.02, eps=1e-4), Gradients)
assert_type(optim.centralize(optim.add_weight_decay(gradients, 0.1)), Gradients)
assert_type(optim.add_noise(gradients, 0.01, generator=np.random.default_rng(0)), Gradients)
assert_type(optim.mean([gradients, optim.scale(gradients, 0.5)], sizes=[32, 16]), Gradients)
assert_type(optim.norm(gradients), Tensor)

# Averages
averages = optim.average_weights(model, optim.AverageState(), decay=0.99)
assert_type(averages, optim.AverageState)
with optim.averaged(model, averages):
    model(x)

# L-BFGS
weight = TrainableWeight([1.0])


def closure() -> Tensor:
    return (weight.tensor() ** 2).sum()


quasi = optim.lbfgs(closure, optim.LBFGSState(), line_search_fn="strong_wolfe")
assert_type(quasi, optim.LBFGSState)
assert_type(quasi.loss, float)

# All of them are states that a checkpoint saves.
kt.save(model, "x.npz", optimizer=averages)
assert_type(kt.load(model, "x.npz", optimizer=optim.PlateauState()).optimizer, optim.PlateauState)
