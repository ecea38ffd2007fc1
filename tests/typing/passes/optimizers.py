"""Steps of the optimizers and what they answer."""

from typing import assert_type

from kytorch import Tensor, optim

loss = Tensor(1.0)
gradients = loss.backward()

state = optim.AdamState()
for _ in range(3):
    state = optim.adam(gradients, state, lr=1e-3, betas=(0.9, 0.99), amsgrad=True, decoupled_weight_decay=True)
assert_type(state, optim.AdamState)
assert_type(state.step, int)
assert_type(optim.adamw(gradients, state, weight_decay=0, maximize=True), optim.AdamState)
assert_type(optim.nadam(gradients, optim.NAdamState(), momentum_decay=1e-3), optim.NAdamState)
assert_type(optim.radam(gradients, optim.RAdamState(), decoupled_weight_decay=True), optim.RAdamState)
assert_type(optim.adamax(gradients, optim.AdamaxState(), eps=1e-6), optim.AdamaxState)
optim.gradient_descent(gradients, lr=0.1, weight_decay=0.1, maximize=True)
momentum = optim.gradient_descent(gradients, optim.MomentumState(), lr=0.1, momentum=0.9, nesterov=True)
assert_type(momentum, optim.MomentumState)
assert_type(optim.rmsprop(gradients, optim.RMSpropState(), momentum=0.9, centered=True), optim.RMSpropState)
assert_type(optim.adagrad(gradients, optim.AdagradState(), lr_decay=0.1), optim.AdagradState)
assert_type(optim.adadelta(gradients, optim.AdadeltaState(), rho=0.95, maximize=True), optim.AdadeltaState)
assert_type(optim.lion(gradients, optim.LionState(), lr=1e-4, betas=(0.9, 0.99)), optim.LionState)
assert_type(optim.lamb(gradients, optim.LambState(), weight_decay=0.0), optim.LambState)
assert_type(optim.muon(gradients, optim.MuonState(), adjust_lr_fn="match_rms_adamw"), optim.MuonState)
assert_type(optim.adafactor(gradients, optim.AdafactorState(), eps=(None, 1e-3)), optim.AdafactorState)
