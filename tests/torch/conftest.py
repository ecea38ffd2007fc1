"""PyTorch is the oracle here: without it these tests are skipped, but in CI they must run."""

import os

import pytest

try:
    import torch  # noqa: F401
except ModuleNotFoundError:
    if os.environ.get("CI"):
        raise pytest.UsageError("PyTorch is not installed, and in CI the suite against it must run") from None
