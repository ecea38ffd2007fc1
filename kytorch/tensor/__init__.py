"""The Tensor, its graph and its weights."""
