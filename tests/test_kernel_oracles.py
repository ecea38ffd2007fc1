"""Each kernel agrees with the plain composition that it stands for to a few ulp, at awkward sizes, in any layout."""

from collections.abc import Callable, Iterator

import numpy as np
import pytest
from kernel_oracles import ROWS, Array, Kernel, Of

import kytorch
from kytorch import GradFn, Tensor
from kytorch.nn.activations.elementwise import ActivationGradFn
from kytorch.nn.fused import FusedGradFn
from kytorch.nn.losses.cross_entropy import CrossEntropyGradFn

# In float64 the composition, too, rounds, and adds up many numbers one by one.
WIDE = 16.0
LAYOUTS: dict[str, Callable[[Array], Array]] = {
    "whole": lambda x: x,
    "every other": lambda x: np.repeat(x, 2, -1)[..., ::2],
    "in columns": np.asfortranarray,
    "backwards": lambda x: np.ascontiguousarray(x[..., ::-1])[..., ::-1],
}


def answers(of: Of, inputs: list[Array], seed: int, layout: Callable[[Array], Array]) -> list[Array]:
    """The value and the gradients, of a cotangent that is the same for all dtypes."""
    y, pullback = kytorch.func.vjp(of, *[kytorch.from_numpy(layout(x)) for x in inputs])
    g = np.random.default_rng([seed, 1]).standard_normal(y.shape).astype(np.float32).astype(y.dtype)
    return [x.numpy() for x in (y, *pullback(kytorch.from_numpy(layout(g) if g.ndim else g)))]


@pytest.fixture
def composed(monkeypatch: pytest.MonkeyPatch) -> Callable[..., list[Array]]:
    """`answers` of the fused nodes' compositions."""

    def of(*arguments: object) -> list[Array]:
        with monkeypatch.context() as patched:
            patched.setattr(FusedGradFn, "record", lambda node, y, *inputs: node.composition(*inputs))
            patched.setattr(CrossEntropyGradFn, "of", lambda node, x, none: node.composition(x))
            return answers(*arguments)  # type: ignore[arg-type]

    return of


def error(found: Array, exact: Array, floor: float) -> float:
    """The greatest, in ulp of what is found, or of a part of the greatest."""
    assert found.shape == exact.shape and np.isfinite(found).all()
    if not exact.size:
        return 0.0
    size = np.abs(exact)
    unit = np.finfo(found.dtype).eps * np.maximum(size, floor * size.max())
    return float((np.abs(found - exact) / np.where(unit, unit, 1.0)).max())


def agrees(row: Kernel, n: int, composed: Callable[..., list[Array]], layout: Callable[[Array], Array]) -> None:
    quick, plain, drawn = row.trial(n, np.random.default_rng(n))
    single = [x.astype(np.float32) for x in drawn]
    wide = [x.astype(np.float64) for x in single]
    exact = (answers if plain else composed)(plain or quick, wide, n, lambda x: x)
    for inputs, more in ((single, 1.0), (wide, WIDE)):
        for i, (found, expected) in enumerate(zip(answers(quick, inputs, n, layout), exact, strict=True)):
            assert found.dtype == inputs[0].dtype and expected.dtype == np.float64
            limit = row.slopes if i else row.ulps
            assert error(found, expected, row.floor) <= limit * more, (i, found.dtype, found.shape)


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_a_kernel_agrees_with_its_composition(row: Kernel, composed: Callable[..., list[Array]]) -> None:
    for n in row.sizes:
        agrees(row, n, composed, LAYOUTS["whole"])


@pytest.mark.parametrize("layout", ["every other", "in columns", "backwards"])
@pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)
def test_how_the_inputs_lie_in_memory_does_not_tell(
    row: Kernel, composed: Callable[..., list[Array]], layout: str
) -> None:
    for n in [n for n in row.sizes if n in (7, 97)]:
        agrees(row, n, composed, LAYOUTS[layout])


# A node without a row


def kinds(kind: type[GradFn]) -> Iterator[type[GradFn]]:
    """Those of the package's that derive from `kind` and are recorded themselves."""
    for sub in kind.__subclasses__():
        yield from kinds(sub)
        if sub.__module__.startswith("kytorch.") and (not sub.__subclasses__() or "gradients" in vars(sub)):
            yield sub


def recorded(y: Tensor) -> set[type[GradFn]]:
    """The kinds of all nodes behind `y`."""
    nodes, found = [y.grad_fn], set()
    while nodes:
        node = nodes.pop()
        found.add(type(node))
        nodes += getattr(node, "_inputs", ())
    return found


def test_every_fused_node_has_a_row() -> None:
    met: set[type[GradFn]] = set()
    for row in ROWS:
        quick, _, drawn = row.trial(max(n for n in row.sizes if n < 600), np.random.default_rng(0))
        met |= recorded(quick(*[kytorch.tensor(x, requires_grad=True) for x in drawn]))
    for base in (FusedGradFn, ActivationGradFn):
        missing = {kind.__name__ for kind in kinds(base)} - {kind.__name__ for kind in met}
        assert not missing, f"tests/kernel_oracles.py has no row of {missing}"


def test_a_kernel_that_is_wrong_in_one_element_is_found(composed: Callable[..., list[Array]]) -> None:
    wrong = np.zeros(97)
    wrong[-1] = 1e-5
    trial = lambda n, rng: (lambda x: x.sigmoid() + Tensor(wrong.astype(x.dtype)), kytorch.sigmoid, [rng.random(n)])
    row = next(row for row in ROWS if row.name == "sigmoid")._replace(trial=trial)
    with pytest.raises(AssertionError):
        agrees(row, 97, composed, LAYOUTS["whole"])
