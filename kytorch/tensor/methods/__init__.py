"""Every operation as a method, with PyTorch's names; the functions' docstrings say more."""

from kytorch.tensor.methods.arithmetic import ArithmeticMethods
from kytorch.tensor.methods.elementwise import ElementwiseMethods
from kytorch.tensor.methods.products import ProductMethods
from kytorch.tensor.methods.reduction import ReductionMethods
from kytorch.tensor.methods.shape import ShapeMethods


class Methods(ArithmeticMethods, ElementwiseMethods, ReductionMethods, ShapeMethods, ProductMethods):
    """The operations as methods."""

    __slots__ = ()
