"""Puts this folder on the path, for the tables that several tests read; and the folder that programs run in."""

import importlib.util
import sys
from pathlib import Path

import pytest
from programs import table, text

# Where PyTorch is missing, the folder `torch` would answer to its name.
_spec = importlib.util.find_spec("torch")
if _spec is None or _spec.origin is None:
    sys.modules["torch"] = None  # type: ignore[assignment]  # so that `import torch` raises ModuleNotFoundError


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a table to learn from."""
    (tmp_path / "rows.csv").write_text(text(table()))
    return tmp_path
