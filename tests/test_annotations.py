"""What annotates public functions can be read at run time, as programs that check or document do."""

import inspect
from typing import get_type_hints

import pytest

import kytorch
from kytorch import checkpoint, data, func, nn, optim

PACKAGES = [kytorch, checkpoint, data, func, nn, nn.functional, optim]


def annotated(package):
    """The public functions, classes and methods of `package` by name."""
    for name in package.__all__:
        value = getattr(package, name)
        if inspect.isfunction(value):
            yield name, value
        if inspect.isclass(value) and value.__module__.startswith("kytorch"):
            yield name, value
            for method, function in vars(value).items():
                if inspect.isfunction(function) and (method == "__init__" or not method.startswith("_")):
                    yield f"{name}.{method}", function


@pytest.mark.parametrize("package", PACKAGES, ids=lambda package: package.__name__)
def test_annotations_are_resolved_at_run_time(package):
    found = dict(annotated(package))
    assert len(found) > 2
    for name, value in found.items():
        try:
            get_type_hints(value)
        except Exception as error:
            pytest.fail(f"{package.__name__}.{name}: {error!r}")
