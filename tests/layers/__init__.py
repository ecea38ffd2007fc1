"""The table of layers, one file for each kind; each adds its rows."""

import importlib
import pkgutil

from layers.table import ROWS

for _module in pkgutil.iter_modules(__path__):
    importlib.import_module(f"layers.{_module.name}")

__all__ = ["ROWS"]
