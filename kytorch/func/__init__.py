"""Functions that differentiate functions, named as in torch.func."""

from kytorch.func.checkpoint import checkpoint
from kytorch.func.functional_call import functional_call
from kytorch.func.grad import grad, value_and_grad
from kytorch.func.jacobian import hessian, hvp, jacfwd, jacrev
from kytorch.func.jvp import jvp
from kytorch.func.vjp import vjp

__all__ = [
    "checkpoint",
    "functional_call",
    "grad",
    "hessian",
    "hvp",
    "jacfwd",
    "jacrev",
    "jvp",
    "value_and_grad",
    "vjp",
]
