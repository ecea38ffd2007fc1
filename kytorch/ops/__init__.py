"""The operations: each a function over arrays and Tensors, beside its rule.

Importing the package gives the Tensor its methods.
"""

from kytorch.ops import create, elementwise, index, linalg, reduce, shape

__all__ = ["create", "elementwise", "index", "linalg", "reduce", "shape"]
