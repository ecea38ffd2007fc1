"""Why an operation takes more than five times as long as PyTorch somewhere, where it does."""

REASONS: dict[str, str] = {
    "cummax": "NumPy's accumulate waits for each element; the search in blocks that replaces it is fifteen calls",
    "cummin": "NumPy's accumulate waits for each element; the search in blocks that replaces it is fifteen calls",
    "isin": "NumPy's own isin takes as long",
    "lerp by a Tensor": "eight passes over memory in NumPy, one in PyTorch",
    "linalg.cross": "a call of NumPy's for each part of each of three numbers",
    "linalg.multi_dot": "the order of the products is chosen in Python, as NumPy does in as long",
    "linalg.solve_triangular": "NumPy has no triangular solver, and a general one does the work of a factorisation too",
    "multinomial": "the weights are checked, and summed one after the other in float64",
    "poisson": "NumPy's generator takes as long",
    "prod dim 1": "NumPy multiplies a row one factor after the other; folding it takes two passes",
    "scatter_reduce": "NumPy has no scattered greatest element but maximum.at, beside ten small calls",
}
