"""Checkpoints that are given what they cannot hold, or taken for what they do not."""

import numpy as np

import kytorch as kt
from kytorch import Checkpoint, nn, optim

model = nn.Linear(2, 1)
adam, momentum = optim.AdamState(), optim.MomentumState()
gradients = model(kt.zeros(1, 2)).sum().backward()

kt.save(model, "model.npz", optimizer=optim.AdamState)  # error
kt.save(model, "model.npz", optimizer=[adam, momentum])  # error
kt.save(model, "model.npz", optimizer={"adam": None})  # error
kt.save(model, "model.npz", optimizer=gradients)  # error
kt.save(model, "model.npz", loader=model)  # error
kt.save(model, "model.npz", loader=[gradients])  # error
kt.save(model, "model.npz", generators=[np.random.default_rng()])  # error
kt.save(model, "model.npz", generators=np.random.PCG64())  # error
kt.save(model, "model.npz", metadata={"loss": np.zeros(1)})  # error
kt.save(model, "model.npz", {"epoch": 3})  # error
kt.save(model.state_dict(), "model.npz")  # error

print(kt.load(model, "model.npz").optimizer.step)  # error
kt.load(model, "model.npz", optimizer=optim.AdamState)  # error
wrong: Checkpoint[optim.MomentumState] = kt.load(model, "model.npz", optimizer=adam)  # error
loaded = kt.load(model, "model.npz", optimizer=(adam, momentum))
optim.adam(gradients, loaded.optimizer)  # error
optim.adam(gradients, loaded.optimizer[1])  # error
optim.adam(gradients, kt.load(model, "model.npz", optimizer={"a": momentum}).optimizer["a"])  # error
