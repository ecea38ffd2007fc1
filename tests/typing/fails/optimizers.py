"""Wrong uses of the optimizers: every marked line is an error to mypy, and no other."""

from kytorch import Tensor, optim

gradients = Tensor(1.0).backward()

optim.adam(gradients)  # error
optim.adam(gradients, optim.MomentumState())  # error
optim.adam(gradients, optim.AdamState)  # error
optim.adam(gradients, None)  # error
optim.adam(optim.AdamState(), gradients)  # error
optim.adam(gradients, optim.AdamState(), 0.1)  # error
optim.adam(gradients, optim.AdamState(), betas=0.9)  # error
optim.adam(gradients, optim.AdamState(), amsgrad=0.5)  # error
optim.adam(gradients, optim.AdamState(), nesterov=True)  # error
optim.adamw(gradients)  # error
optim.adamw(gradients, optim.NAdamState())  # error
optim.adamw(gradients, optim.AdamState(), decoupled_weight_decay=True)  # error
optim.nadam(gradients)  # error
optim.nadam(gradients, optim.AdamState())  # error
optim.radam(gradients)  # error
optim.radam(gradients, optim.AdamState())  # error
optim.adamax(gradients)  # error
optim.adamax(gradients, optim.RAdamState())  # error
optim.gradient_descent(gradients)  # error
optim.gradient_descent(gradients, lr=0.1, momentum=0.9)  # error
optim.gradient_descent(gradients, optim.AdamState(), lr=0.1, momentum=0.9)  # error
optim.gradient_descent(gradients, optim.MomentumState(), lr=0.1)  # error
optim.gradient_descent(gradients, optim.MomentumState(), lr=0.1, momentum=0.9, eps=1e-8)  # error

optim.rmsprop(gradients)  # error
optim.rmsprop(gradients, optim.AdamState())  # error
optim.rmsprop(gradients, optim.RMSpropState(), 0.1)  # error
optim.adagrad(gradients)  # error
optim.adagrad(gradients, optim.RMSpropState())  # error
optim.adadelta(gradients)  # error
optim.adadelta(gradients, optim.AdagradState())  # error
optim.lion(gradients)  # error
optim.lion(gradients, optim.AdadeltaState())  # error
optim.lion(gradients, optim.LionState(), betas=0.9)  # error
optim.lamb(gradients)  # error
optim.lamb(gradients, optim.LionState())  # error
optim.muon(gradients)  # error
optim.muon(gradients, optim.LambState())  # error
optim.muon(gradients, optim.MuonState(), adjust_lr_fn="other")  # error
optim.adafactor(gradients)  # error
optim.adafactor(gradients, optim.MuonState())  # error
optim.adafactor(gradients, optim.AdafactorState(), eps=1e-3)  # error
optim.adafactor(gradients, optim.AdafactorState(), maximize="yes")  # error

state = optim.AdamState()
state = optim.nadam(gradients, optim.NAdamState())  # error
state = optim.gradient_descent(gradients, optim.MomentumState(), lr=0.1, momentum=0.9)  # error
gradients = optim.adam(gradients, state)  # error
state.step = 3  # error
state.mean[gradients[0][1]] = gradients[0][0].data  # error
state = optim.gradient_descent(gradients, lr=0.1)  # error
lion: optim.LionState = optim.adafactor(gradients, optim.AdafactorState())  # error
