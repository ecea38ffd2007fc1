"""The operations: each a function over arrays and Tensors, beside its rule.

Importing the package gives the Tensor its methods.
"""

from kytorch.ops import (  # noqa: F401  # each registers its methods
    activation,
    arithmetic,
    choice,
    comparison,
    create,
    dtype,
    exponential,
    extremum,
    index,
    join,
    power,
    products,
    random,
    reduce,
    repeat,
    shape,
    singular,
    trigonometry,
)
