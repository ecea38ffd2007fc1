"""Puts this folder on the path, so that the folders below find the table of operations."""

import importlib.util
import sys

# Where PyTorch is missing, the folder `torch` would answer to its name.
_spec = importlib.util.find_spec("torch")
if _spec is None or _spec.origin is None:
    sys.modules["torch"] = None  # type: ignore[assignment]  # so that `import torch` raises ModuleNotFoundError
