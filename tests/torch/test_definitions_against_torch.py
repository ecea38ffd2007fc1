"""Models defined for PyTorch work after the import is changed: state, values, gradients, training."""

from __future__ import annotations

import types
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import kytorch
from kytorch import Tensor, optim

torch = pytest.importorskip("torch")

FILES = sorted((Path(__file__).parent / "definitions").glob("*.py"))
IMPORTS = {
    "import torch\n": "import kytorch as torch\n",
    "import torch.nn as nn\n": "import kytorch.nn as nn\n",
    "from torch import nn\n": "from kytorch import nn\n",
    "import torch.nn.functional as F\n": "import kytorch.nn.functional as F\n",
    "from torch.nn import functional as F\n": "from kytorch.nn import functional as F\n",
}

every_definition = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


def definition(file: Path, ours: bool) -> Any:
    """The module as it is written, or with its imports changed."""
    text = file.read_text(encoding="utf-8")
    if ours:
        for theirs, instead in IMPORTS.items():
            text = text.replace(theirs, instead)
    module = types.ModuleType(file.stem)
    exec(compile(text, str(file), "exec"), vars(module))
    return module


def both(file: Path) -> tuple[Any, Any, np.ndarray]:
    """The model of each in float64, with PyTorch's weights, and an input."""
    torch.manual_seed(0)
    theirs = definition(file, ours=False).Model().double()
    module = definition(file, ours=True)
    ours = module.Model().double()
    ours.load_state_dict(theirs.state_dict())
    generator = np.random.default_rng(0)
    x = generator.integers(1, module.CLASSES, module.INPUT) if hasattr(module, "CLASSES") else None
    return ours, theirs, generator.standard_normal(module.INPUT) if x is None else x


@every_definition
def test_the_state_has_the_same_names_shapes_and_order(file: Path) -> None:
    ours, theirs, _ = both(file)
    assert [(name, array.shape) for name, array in ours.state_dict().items()] == [
        (name, tuple(x.shape)) for name, x in theirs.state_dict().items()
    ]
    theirs.load_state_dict({name: torch.tensor(array) for name, array in ours.state_dict().items()})


@every_definition
def test_the_model_is_shown_as_in_pytorch(file: Path) -> None:
    ours, theirs, _ = both(file)
    assert repr(ours) == repr(theirs).replace("NonDynamicallyQuantizableLinear", "Linear")


@every_definition
def test_ten_steps_of_training_and_the_evaluation_after_them_are_pytorchs(file: Path) -> None:
    ours, theirs, x = both(file)
    sgd = torch.optim.SGD(theirs.parameters(), lr=0.05)
    for _ in range(10):
        loss = (ours(Tensor(x)) ** 2).mean()
        optim.gradient_descent(loss.backward(), lr=0.05)
        sgd.zero_grad()
        expected = (theirs(torch.tensor(x)) ** 2).mean()
        expected.backward()
        sgd.step()
        assert loss.item() == pytest.approx(expected.item(), rel=1e-9)
    for name, value in theirs.state_dict().items():
        np.testing.assert_allclose(ours.state_dict()[name], value.numpy(), rtol=1e-7, atol=1e-9, err_msg=name)
    y, expected = ours.eval()(Tensor(x)), theirs.eval()(torch.tensor(x))
    np.testing.assert_allclose(y.numpy(), expected.detach().numpy(), rtol=1e-7, atol=1e-9)


@every_definition
def test_an_empty_batch_and_a_batch_of_one_are_as_in_pytorch(file: Path) -> None:
    ours, theirs, x = both(file)
    ours.eval()
    theirs.eval()
    sizes = (1, 0) if hasattr(definition(file, ours=True), "EMPTY") else (1,)
    for n in sizes:
        y, expected = ours(Tensor(x[:n])), theirs(torch.tensor(x[:n]))
        assert y.shape == tuple(expected.shape)
        np.testing.assert_allclose(y.numpy(), expected.detach().numpy(), rtol=1e-9, atol=1e-10)


@every_definition
def test_float32_stays_float32(file: Path) -> None:
    ours, _, x = both(file)
    y = ours.float()(Tensor(x, None if x.dtype.kind == "i" else np.float32))
    assert y.dtype == np.float32
    assert {gradient.dtype for gradient, _ in kytorch.sum(y).backward()} == {np.dtype(np.float32)}
