"""The optimizers beside the equations of their papers, over fifty steps in float64."""

import numpy as np
import pytest
from optimizers import ROWS, gradients_at, start

from kytorch import Tensor, TrainableWeight

rows = pytest.mark.parametrize("row", ROWS, ids=lambda row: row.name)


def followed(row, listed, **options):
    """The weights after fifty steps, the optimizer's and the equation's; the i-th has a gradient if `listed(i, t)`."""
    weights = [TrainableWeight(w) for w in start(row)]
    plain = start(row)
    remembered, counts = [{} for _ in plain], [0] * len(plain)
    state = row.state()
    for t in range(1, 51):
        there = [i for i in range(len(plain)) if listed(i, t)]
        ours, theirs = gradients_at([w.data for w in weights], t), gradients_at(plain, t)
        state = row.step([(Tensor(ours[i]), weights[i]) for i in there], state, **options)
        for i in there:
            counts[i] += 1
            plain[i] = row.equation(plain[i], theirs[i], remembered[i], counts[i], **options)
    return [w.data for w in weights], plain


@rows
def test_fifty_steps_are_the_papers_with_every_option(row):
    for options in [{}, *[{"lr": 0.03, **part} for part in row.parts()]]:
        ours, plain = followed(row, lambda i, t: True, **options)
        for w, expected in zip(ours, plain):
            np.testing.assert_allclose(w, expected, rtol=0, atol=1e-9, err_msg=str(options))


@rows
def test_each_option_tells(row):
    for name, value in row.options.items():
        others = {"lr": 0.03, "weight_decay": 0.1} if name == "decoupled_weight_decay" else {"lr": 0.03}
        default, _ = followed(row, lambda i, t: True, **others)
        changed, _ = followed(row, lambda i, t: True, **others, **{name: value})
        assert max(abs(w - other).max() for w, other in zip(default, changed)) > 1e-5, name


@rows
def test_weights_that_join_late_or_miss_steps_count_their_own(row):
    listed = [lambda t: True, lambda t: t > 20, lambda t: t % 3 == 0, lambda t: t < 5 or t > 40]
    ours, plain = followed(row, lambda i, t: listed[i % 4](t), lr=0.03)
    for w, expected in zip(ours, plain):
        np.testing.assert_allclose(w, expected, rtol=0, atol=1e-9)
