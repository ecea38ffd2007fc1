"""A learning rate learns: the loss after ten steps of Adam is differentiated with respect to the rate's logarithm."""

import argparse

import kytorch as kt
from kytorch import Tensor, func, nn
from kytorch.optim import functional as steps

parser = argparse.ArgumentParser(description=__doc__)
parser.add_argument("--epochs", metavar="N", type=int, default=30, help="steps of the rate (default: 30)")
parser.add_argument("--seed", metavar="N", type=int, default=0, help="of data and weights (default: 0)")
options = parser.parse_args()

kt.manual_seed(options.seed)
x = kt.randn(128, 2)
target = (x[:, :1] * x[:, 1:] > 0).to(kt.float32)  # are the two signs equal?
model = nn.Sequential(nn.Linear(2, 16), nn.Tanh(), nn.Linear(16, 1))
start = {name: weight.tensor().detach() for name, weight in model.named_weights()}


def loss(weights: dict[str, Tensor]) -> Tensor:
    """The cross-entropy of the model with these weights instead of its own."""
    return nn.functional.binary_cross_entropy_with_logits(func.functional_call(model, weights, x), target)


def loss_after_training(log_rate: Tensor) -> Tensor:
    """The loss after ten steps from the start: a function of the rate like any other."""
    weights, state = start, steps.AdamState[dict[str, Tensor]]()
    for _ in range(10):
        weights, state = steps.adam(weights, func.grad(loss)(weights), state, lr=log_rate.exp())
    return loss(weights)


log_rate, remembered = kt.tensor(1e-3).log(), steps.AdamState[Tensor]()
for epoch in range(options.epochs):
    value, slope = func.value_and_grad(loss_after_training)(log_rate)
    print(f"Epoch {epoch}: learning rate {log_rate.exp().item():.5f}, loss after ten steps {value.item():.4f}")
    log_rate, remembered = steps.adam(log_rate, slope, remembered, lr=0.25)
