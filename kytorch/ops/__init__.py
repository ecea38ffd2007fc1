"""The operations: each a function over arrays and Tensors, beside its rule."""
