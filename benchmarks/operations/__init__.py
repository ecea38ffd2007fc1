"""Every operation beside PyTorch's and NumPy's own, at three sizes: `python -m benchmarks.operations`."""
