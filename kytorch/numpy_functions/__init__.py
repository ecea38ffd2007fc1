"""NumPy's own functions on Tensors: np.sin(x), np.sum(x, axis=0) and `array * x` are recorded as kytorch's are.

NumPy hands over every call that has a Tensor among its arguments (its enhancement proposals 13 and 18). Here stands
what answers; what is not here raises TypeError.
"""

from kytorch.numpy_functions import functions, ufuncs  # noqa: F401  # each answers for some
