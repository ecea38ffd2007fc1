"""kytorch side by side with hand-written NumPy and PyTorch: `python -m benchmarks`."""
