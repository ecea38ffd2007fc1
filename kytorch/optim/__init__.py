"""Optimizers: stateless functions of the gradients. What one remembers, it takes and returns."""

from kytorch.optim import functional, schedule
from kytorch.optim.adadelta import AdadeltaState, adadelta
from kytorch.optim.adafactor import AdafactorState, adafactor
from kytorch.optim.adagrad import AdagradState, adagrad
from kytorch.optim.adam import AdamState, adam, adamw
from kytorch.optim.adamax import AdamaxState, adamax
from kytorch.optim.average import AverageState, average_weights, averaged
from kytorch.optim.clip import clip_adaptively, clip_by_norm, clip_by_value, norm
from kytorch.optim.gradient_descent import MomentumState, gradient_descent
from kytorch.optim.lamb import LambState, lamb
from kytorch.optim.lbfgs import LBFGSState, lbfgs
from kytorch.optim.lion import LionState, lion
from kytorch.optim.muon import MuonState, muon
from kytorch.optim.nadam import NAdamState, nadam
from kytorch.optim.parts import select, split
from kytorch.optim.plateau import PlateauState, plateau
from kytorch.optim.radam import RAdamState, radam
from kytorch.optim.rmsprop import RMSpropState, rmsprop
from kytorch.optim.state import State
from kytorch.optim.transforms import add, add_noise, add_weight_decay, centralize, mean, scale

__all__ = [
    "AdadeltaState",
    "AdafactorState",
    "AdagradState",
    "AdamState",
    "AdamaxState",
    "AverageState",
    "LBFGSState",
    "LambState",
    "LionState",
    "MomentumState",
    "MuonState",
    "NAdamState",
    "PlateauState",
    "RAdamState",
    "RMSpropState",
    "State",
    "adadelta",
    "adafactor",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "add",
    "add_noise",
    "add_weight_decay",
    "average_weights",
    "averaged",
    "centralize",
    "clip_adaptively",
    "clip_by_norm",
    "clip_by_value",
    "functional",
    "gradient_descent",
    "lamb",
    "lbfgs",
    "lion",
    "mean",
    "muon",
    "nadam",
    "norm",
    "plateau",
    "radam",
    "rmsprop",
    "scale",
    "schedule",
    "select",
    "split",
]
