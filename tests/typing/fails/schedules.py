"""Wrong uses of schedules, transformations, averages and L-BFGS: each marked line is an error to mypy, and no other."""

from kytorch import Tensor, TrainableWeight, nn, optim
from kytorch.optim import schedule

model = nn.Linear(2, 2)
weight = TrainableWeight([1.0])
gradients = model(Tensor([1.0, 2.0])).sum().backward()


def closure() -> Tensor:
    return weight.tensor().sum()


schedule.step(0.1)  # error
schedule.step(0.1, 2.5)  # error
schedule.multi_step(0.1, 30)  # error
schedule.one_cycle(0.1, 100, anneal_strategy="cosine")  # error
schedule.join([0.1, 0.2], [5])  # error
schedule.piecewise(0.1, {5: 0.1})  # error
schedule.constant(0.1)(0.5)  # error
optim.adam(gradients, optim.AdamState(), lr=schedule.constant(0.1))  # error
optim.plateau(0.5)  # error
optim.plateau(0.5, optim.AdamState())  # error
optim.plateau(0.5, optim.PlateauState(), mode="least")  # error
optim.select(model, gradients)  # error
optim.select(gradients, model, ["0.*"])  # error
optim.split(gradients, model, ["*"])  # error
optim.mean(gradients)  # error
optim.add_noise(gradients, 0.1, 0)  # error
optim.clip_by_norm(weight, 1.0)  # error
optim.norm(gradients).missing()  # error
optim.average_weights(model)  # error
optim.average_weights(model, optim.MomentumState())  # error
optim.averaged(model, optim.AdamState())  # error
optim.lbfgs(gradients, optim.LBFGSState())  # error
optim.lbfgs(closure)  # error
optim.lbfgs(closure, optim.AdamState())  # error
optim.lbfgs(closure, optim.LBFGSState(), line_search_fn="wolfe")  # error
optim.adam(gradients, optim.LBFGSState())  # error
