"""The optimizers in the table beside torch.optim: fifty steps with every option."""

import numpy as np
import pytest
from optimizers import ROWS, descent, gradients_at, start

from kytorch import Tensor, TrainableWeight, optim

torch = pytest.importorskip("torch")


def sgd(parameters, lr=0.1, momentum=0.9, **options):
    return torch.optim.SGD(parameters, lr, momentum, **options)


THEIRS = {
    descent: sgd,
    optim.adam: torch.optim.Adam,
    optim.adamw: torch.optim.AdamW,
    optim.nadam: torch.optim.NAdam,
    optim.radam: torch.optim.RAdam,
    optim.adamax: torch.optim.Adamax,
    optim.rmsprop: torch.optim.RMSprop,
    optim.adagrad: torch.optim.Adagrad,
    optim.adadelta: torch.optim.Adadelta,
    optim.muon: torch.optim.Muon,
    optim.adafactor: torch.optim.Adafactor,
}
CASES = [pytest.param(row, THEIRS[row.step], id=row.name) for row in ROWS if row.step in THEIRS]
cases = pytest.mark.parametrize(("row", "theirs"), CASES)


@pytest.fixture(autouse=True)
def _muon_in_the_dtype_of_its_weights(monkeypatch):
    """PyTorch's Muon iterates in bfloat16, which has two or three digits."""
    monkeypatch.setattr(torch.Tensor, "bfloat16", torch.Tensor.clone)


def beside(row, theirs, dtype, tolerance, listed=lambda i, t: True, rate=None, **options):
    """Fifty steps of both, with the weights that are `listed`, and the learning rate of each step."""
    values = start(row, dtype)
    parameters = [torch.nn.Parameter(torch.tensor(w)) for w in values]
    optimizer = theirs(parameters, **options)
    weights, state = [TrainableWeight(w) for w in values], row.state()
    for t in range(1, 51):
        for i, (p, g) in enumerate(zip(parameters, gradients_at([p.detach().numpy() for p in parameters], t))):
            p.grad = torch.tensor(g.astype(dtype)) if listed(i, t) else None
        if rate is not None:
            options["lr"] = optimizer.param_groups[0]["lr"] = rate(t)
        optimizer.step()
        ours = gradients_at([w.data for w in weights], t)
        state = row.step(
            [(Tensor(g.astype(dtype)), w) for i, (g, w) in enumerate(zip(ours, weights)) if listed(i, t)],
            state,
            **options,
        )
    for p, w in zip(parameters, weights):
        np.testing.assert_allclose(w.data, p.detach().numpy(), rtol=0, atol=tolerance, err_msg=str(options))


@cases
def test_fifty_steps_agree_with_every_option(row, theirs):
    for options in [{}, *[{"lr": 0.03, **part} for part in row.parts()]]:
        beside(row, theirs, np.float64, 1e-6, **options)


@cases
def test_float32_steps_agree_to_its_precision(row, theirs):
    beside(row, theirs, np.float32, 1e-4, lr=0.01)


@cases
def test_weights_that_join_late_or_miss_steps_agree(row, theirs):
    beside(row, theirs, np.float64, 1e-9, lambda i, t: (t > 20, t % 3 == 0, True)[i % 3], lr=0.03)


@cases
def test_a_learning_rate_that_changes_between_steps_agrees(row, theirs):
    beside(row, theirs, np.float64, 1e-9, rate=lambda t: 0.03 * (t % 7) / t)


DESCENT = next(row for row in ROWS if row.step is descent)
NESTEROV = [{}, {"momentum": 0.5}, {"weight_decay": 0.1}, {"maximize": True, "weight_decay": 0.1}]


@pytest.mark.parametrize("options", NESTEROV, ids=str)
def test_nesterovs_momentum_agrees(options):
    beside(DESCENT, sgd, np.float64, 1e-9, nesterov=True, lr=0.03, **options)


def test_without_momentum_a_state_changes_nothing_and_agrees():
    beside(DESCENT, sgd, np.float64, 1e-9, momentum=0.0, dampening=0.5, lr=0.03)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(
    "options", [{}, {"weight_decay": 0.1}, {"maximize": True}, {"maximize": True, "weight_decay": 0.1}], ids=str
)
def test_plain_descent_agrees(options, dtype):
    plain = lambda gradients, state, **options: optim.gradient_descent(gradients, **options)
    beside(DESCENT._replace(step=plain), torch.optim.SGD, dtype, 1e-5, lr=0.03, **options)


RATES = [(0.9, 0.99), (0.0, 0.0), (0.0, 0.9), (0.99, 0.9999)]


@pytest.mark.parametrize("betas", RATES, ids=str)
def test_the_adams_agree_with_any_betas(betas):
    for row in ROWS:
        if row.name in ("adam", "adamw", "nadam", "radam", "adamax"):
            beside(row, THEIRS[row.step], np.float64, 1e-6, betas=betas, lr=0.03)


@cases
def test_both_refuse_wrong_options(row, theirs):
    weight = np.ones((2, 2))
    wrong = [{name: -1.0} for name in ("lr", "eps", "weight_decay", "momentum", "lr_decay", "rho")]
    wrong += [{"initial_accumulator_value": -1.0}, {"alpha": -1.0}, {"beta2_decay": 1.0}, {"d": 0.5}]
    wrong += [{"adjust_lr_fn": "other"}, {"eps": (-1.0, 1.0)}, {"eps": (1.0, -1.0)}]
    for options in wrong:
        (name,) = options
        if name != "lr" and name not in row.equation.__code__.co_varnames[: row.equation.__code__.co_argcount]:
            continue
        if name == "eps" and isinstance(options["eps"], tuple) != (row.name == "adafactor"):
            continue
        with pytest.raises(ValueError):
            row.step([(Tensor(weight), TrainableWeight(weight))], row.state(), **options)
        if row.name != "muon" or name != "eps":  # which torch's Muon takes
            with pytest.raises(ValueError):
                theirs([torch.nn.Parameter(torch.tensor(weight))], **options)


def test_both_muons_refuse_what_is_no_matrix():
    for shape in ((), (3,), (2, 3, 4), (4, 3, 2, 2)):
        with pytest.raises(ValueError, match="2D"):
            torch.optim.Muon([torch.nn.Parameter(torch.ones(shape))])
        with pytest.raises(ValueError, match="matri"):
            optim.muon([(Tensor(np.ones(shape)), TrainableWeight(np.ones(shape)))], optim.MuonState())
