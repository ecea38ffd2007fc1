"""Every operation as a method, with PyTorch's names; the functions' docstrings say more."""

from kytorch.tensor.methods.arithmetic import ArithmeticMethods
from kytorch.tensor.methods.choice import ChoiceMethods
from kytorch.tensor.methods.dtype import ConversionMethods
from kytorch.tensor.methods.elementwise import ElementwiseMethods
from kytorch.tensor.methods.index import IndexMethods
from kytorch.tensor.methods.linalg import LinalgMethods
from kytorch.tensor.methods.logic import LogicMethods
from kytorch.tensor.methods.order import OrderMethods
from kytorch.tensor.methods.parts import PartMethods
from kytorch.tensor.methods.products import ProductMethods
from kytorch.tensor.methods.reduction import ReductionMethods
from kytorch.tensor.methods.rounding import RoundingMethods
from kytorch.tensor.methods.shape import ShapeMethods


class Methods(
    ArithmeticMethods,
    ChoiceMethods,
    ConversionMethods,
    RoundingMethods,
    LogicMethods,
    ElementwiseMethods,
    ReductionMethods,
    ShapeMethods,
    PartMethods,
    ProductMethods,
    LinalgMethods,
    OrderMethods,
    IndexMethods,
):
    """The operations as methods."""

    __slots__ = ()
