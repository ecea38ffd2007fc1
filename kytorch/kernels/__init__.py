"""Array code that exists for speed. It knows NumPy and nothing of Tensors or rules."""
