"""Products that are refused, and sums of products beyond the table."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

import kytorch as kt
from kytorch import Tensor, TrainableWeight

x23, x33, x3, x2 = [Tensor(np.ones(shape)) for shape in ((2, 3), (3, 3), (3,), (2,))]
weight = TrainableWeight(np.ones(3))
WRONG: dict[str, tuple[Callable[[], Any], type[Exception], str]] = {
    "dot of matrices": (lambda: kt.dot(x23, x23), ValueError, r"dot.*\(2, 3\).*vectors"),
    "dot of other lengths": (lambda: x2.dot(x3), ValueError, r"dot.*\(2,\) and \(3,\)"),
    "dot of a weight": (lambda: kt.dot(x3, weight), TypeError, r"weight.tensor\(\)"),
    "dot of a list": (lambda: kt.dot(x3, [1.0, 2.0, 3.0]), TypeError, "dot.*list"),
    "vdot of other lengths": (lambda: x2.vdot(x3), ValueError, "vdot"),
    "outer of matrices": (lambda: kt.outer(x23, x3), ValueError, r"outer.*\(2, 3\)"),
    "mv of another length": (lambda: kt.mv(x23, x2), ValueError, r"mv.*\(2, 3\) and \(2,\)"),
    "mm of a number": (lambda: kt.mm(x23, 2.0), TypeError, "mm.*float"),
    "mm of a weight": (lambda: kt.mm(x23, weight), TypeError, r"weight.tensor\(\)"),
    "bmm of matrices": (lambda: kt.bmm(x23, x33), ValueError, r"bmm.*\(2, 3\).*matmul"),
    "bmm of other batches": (lambda: kt.bmm(kt.ones(2, 3, 3), kt.ones(1, 3, 3)), ValueError, r"bmm.*\(1, 3, 3\)"),
    "addmm of other sizes": (lambda: kt.addmm(x33, x23, x23), ValueError, r"addmm.*\(2, 3\) and \(2, 3\)"),
    "addmm of a larger input": (lambda: kt.addmm(x33, x23, x33), ValueError, r"addmm.*\(3, 3\).*expand.*\(2, 3\)"),
    "addmv of other sizes": (lambda: kt.addmv(x2, x23, x2), ValueError, "addmv"),
    "baddbmm of matrices": (lambda: kt.baddbmm(x2, x23, x33), ValueError, "baddbmm"),
    "inner of other sizes": (lambda: kt.inner(x23, x2), ValueError, r"\(2, 3\).*\(2,\)"),
    "kron of a number": (lambda: kt.kron(x23, 2.0), TypeError, "kron.*float"),
    "tensordot of other sizes": (lambda: kt.tensordot(x23, x23, 1), ValueError, r"tensordot.*\(2, 3\)"),
    "tensordot of too many": (lambda: kt.tensordot(x23, x23, 3), ValueError, "tensordot.*3 dimensions"),
    "tensordot of a negative number": (lambda: kt.tensordot(x23, x23, -1), ValueError, "tensordot"),
    "tensordot of uneven lists": (lambda: kt.tensordot(x23, x23, ([0], [0, 1])), ValueError, "tensordot"),
    "tensordot of one list": (lambda: kt.tensordot(x23, x23, ([0],)), ValueError, "tensordot.*two lists"),
    "tensordot of a dim twice": (lambda: kt.tensordot(x33, x33, ([0, 0], [0, 1])), ValueError, "tensordot"),
    "tensordot over no such dim": (lambda: kt.tensordot(x23, x23, ([5], [0])), IndexError, "tensordot.*dim 5"),
    "tensordot of a weight": (lambda: kt.tensordot(weight, weight, 1), TypeError, r"weight.tensor\(\)"),
    "einsum of too few": (lambda: kt.einsum("ij,jk->ik", x23), ValueError, r"'ij,jk->ik'.*2 operands.*call 1"),
    "einsum of other sizes": (lambda: kt.einsum("ij,jk->ik", x23, x23), ValueError, r"'ij,jk->ik'.*'j' has size 3 and"),
    "einsum to a new letter": (lambda: kt.einsum("ij->iz", x23), ValueError, "'ij->iz'.*'z'.*no operand"),
    "einsum to a letter twice": (lambda: kt.einsum("ij->ii", x23), ValueError, "twice"),
    "einsum with a digit": (lambda: kt.einsum("i1", x23), ValueError, "'1' is no letter"),
    "einsum with two dots": (lambda: kt.einsum("i..j", x23), ValueError, r"'\.'"),
    "einsum with dots twice": (lambda: kt.einsum("......", x23), ValueError, r"'\.'"),
    "einsum with too few letters": (lambda: kt.einsum("i", x23), ValueError, r"'i' does not name the 2 dim"),
    "einsum with too many letters": (lambda: kt.einsum("ijk", x23), ValueError, "does not name"),
    "einsum of no diagonal": (lambda: kt.einsum("ii", x23), ValueError, "'i' has size 2 and size 3"),
    "einsum of a stretched diagonal": (lambda: kt.einsum("ii", kt.ones(1, 3)), ValueError, "'i' has two sizes"),
    "einsum of dots that do not broadcast": (
        lambda: kt.einsum("...i,...i", x23, kt.ones(4, 3)), ValueError, r"'\.\.\.' has size 2 and size 4"
    ),
    "einsum without an equation": (lambda: kt.einsum(x23, x23), TypeError, "einsum.*equation.*Tensor"),
    "einsum of a weight": (lambda: kt.einsum("i,i", x3, weight), TypeError, r"weight.tensor\(\)"),
    "einsum of a weight alone": (lambda: kt.einsum("i", weight), TypeError, r"weight.tensor\(\)"),
    "einsum of a list": (lambda: kt.einsum("i", [1.0]), TypeError, "einsum.*list"),
}  # fmt: skip


@pytest.mark.parametrize("call, error, words", WRONG.values(), ids=WRONG)
def test_a_wrong_call_raises_the_named_error(call: Callable[[], Any], error: type[Exception], words: str) -> None:
    with pytest.raises(error, match=words):
        call()


def test_an_array_is_an_operand_on_either_side() -> None:
    array = np.arange(6.0).reshape(2, 3)
    live = TrainableWeight(np.ones((2, 3))).tensor()
    for y in (
        kt.mm(array.T, live), kt.mm(live, array.T), kt.matmul(array.T, live), kt.einsum("ij,ij->", array, live),
        kt.outer(array[0], live[0]), kt.outer(live[0], array[0]), kt.dot(array[0], live[0]), kt.mv(array, live[0]),
        kt.bmm(array[None], live.T.unsqueeze(0)), kt.tensordot(array, live),
    ):  # fmt: skip
        assert isinstance(y, Tensor)
        assert y.requires_grad


def test_what_addmm_does_not_read_may_be_nan() -> None:
    nan = Tensor(np.full((2, 3), np.nan))
    assert kt.addmm(nan, x23, x33, beta=0).tolist() == [[3.0] * 3] * 2


def test_a_sum_of_products_of_one_array_may_be_a_view_and_of_a_tensor_cannot_be_written_to() -> None:
    for equation in ("ij->ji", "ij->ij", "ij->"):
        y = kt.einsum(equation, x23)
        with pytest.raises(ValueError):
            y.numpy()[...] = 0


def test_the_order_of_the_operands_changes_only_roundings() -> None:
    generator = np.random.default_rng(0)
    sizes = dict(zip("abcdefg", (2, 3, 4, 5, 2, 3, 1)))
    for _ in range(60):
        count = int(generator.integers(1, 5))
        terms = ["".join(generator.choice(list(sizes), int(generator.integers(0, 5)))) for _ in range(count)]
        letters = sorted(set("".join(terms)))
        output = "".join(generator.permutation([x for x in letters if generator.random() < 0.5]))
        operands = [generator.standard_normal([sizes[x] for x in term]) for term in terms]
        equation = f"{','.join(terms)}->{output}"
        expected = np.einsum(equation, *operands)
        np.testing.assert_allclose(kt.einsum(equation, *operands), expected, rtol=1e-9, atol=1e-9, err_msg=equation)


def test_random_equations_have_the_gradient_of_finite_differences() -> None:
    generator = np.random.default_rng(1)
    sizes = dict(zip("abcd", (2, 3, 2, 1)))
    for _ in range(40):
        count = int(generator.integers(1, 4))
        terms = ["".join(generator.choice(list(sizes), int(generator.integers(0, 4)))) for _ in range(count)]
        output = "".join([x for x in sorted(set("".join(terms))) if generator.random() < 0.5])
        equation = f"{','.join(terms)}->{output}"
        operands = [generator.standard_normal([sizes[x] for x in term]) for term in terms]
        weights = [TrainableWeight(x) for x in operands]
        y = kt.einsum(equation, *[weight.tensor() for weight in weights])
        g = generator.standard_normal(y.shape)
        found = {weight: gradient for gradient, weight in y.backward(Tensor(g))}
        for i, x in enumerate(operands):
            d = generator.standard_normal(x.shape)
            moved = [operands[:i] + [x + h * d] + operands[i + 1 :] for h in (0.5, -0.5)]  # it is linear in each
            numeric = np.sum(g * (np.einsum(equation, *moved[0]) - np.einsum(equation, *moved[1])))
            np.testing.assert_allclose(np.sum(found[weights[i]].numpy() * d), numeric, atol=1e-9, err_msg=equation)
