"""Recurrent layers on sequences of different lengths, and from given states, beside PyTorch's."""

import warnings

import numpy as np
import pytest
from beside import CLOSE, beside, second_beside, torch

from kytorch import Tensor, cat, nn
from kytorch.func import functional_call

LENGTHS = [3, 5, 1, 5]
OPTIONS = [
    {},
    {"num_layers": 2, "bidirectional": True},
    {"bidirectional": True, "batch_first": True, "bias": False},
]
CASES = [(kind, options) for kind in ("RNN", "LSTM", "GRU") for options in OPTIONS]
CASES += [("RNN", {"nonlinearity": "relu", "bidirectional": True}), ("LSTM", {"proj_size": 2, "bidirectional": True})]


@pytest.fixture(autouse=True)
def without_pytorchs_warning_of_projections():
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "LSTM with projections")
        yield


def setting(kind, options, dtype):
    """Our layer and PyTorch's with its weights, and an input with its states."""
    ours = getattr(nn, kind)(3, 4, **options, dtype=dtype, generator=np.random.default_rng(1))
    theirs = getattr(torch.nn, kind)(3, 4, **options).to(torch.from_numpy(np.zeros(1, dtype)).dtype)
    theirs.load_state_dict({path: torch.from_numpy(array.copy()) for path, array in ours.state_dict().items()})
    generator = np.random.default_rng(2)
    layers = options.get("num_layers", 1) * (2 if options.get("bidirectional") else 1)
    x = generator.standard_normal((4, 5, 3) if options.get("batch_first") else (5, 4, 3))
    states = [generator.standard_normal((layers, 4, options.get("proj_size", 4)))]
    if kind == "LSTM":
        states.append(generator.standard_normal((layers, 4, 4)))
    return ours, theirs, [array.astype(dtype) for array in (x, *states)]


def called(layer, x, *states, **keywords):
    output, last = layer(x, tuple(states) if len(states) > 1 else states[0], **keywords)
    return [output, *(last if isinstance(last, tuple) else (last,))]


def packed(layer, x, *states):
    """PyTorch's way with lengths."""
    first = layer.batch_first
    sequence = torch.nn.utils.rnn.pack_padded_sequence(x, LENGTHS, batch_first=first, enforce_sorted=False)
    output, *last = called(layer, sequence, *states)
    return [torch.nn.utils.rnn.pad_packed_sequence(output, batch_first=first)[0], *last]


def flat(outputs, joined):
    return joined([y.reshape(-1) for y in outputs])


def pair(kind, options, dtype):
    """Both layers with lengths as functions of the input, the states and the weights, and their arguments."""
    ours, theirs, inputs = setting(kind, options, dtype)
    named = ours.state_dict()
    paths, n = list(named), len(inputs)

    class Packed(nn.Module):
        def __init__(self):
            self.layer = ours

        def forward(self, *given):
            return called(ours, *given, lengths=LENGTHS)

    class TheirPacked(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.layer = theirs

        def forward(self, *given):
            return packed(theirs, *given)

    def our_function(*given):
        weights = {f"layer.{path}": weight for path, weight in zip(paths, given[n:])}
        return flat(functional_call(Packed(), weights, given[:n]), cat)

    def their_function(*given):
        weights = {f"layer.{path}": weight for path, weight in zip(paths, given[n:])}
        return flat(torch.func.functional_call(TheirPacked(), weights, given[:n]), torch.cat)

    return our_function, their_function, (*inputs, *[np.array(named[path]) for path in paths])


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize(("kind", "options"), CASES)
def test_lengths_give_what_packing_gives_in_pytorch(kind, options, dtype):
    beside(*pair(kind, options, dtype), CLOSE[dtype])


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_second_derivatives_with_lengths_are_pytorchs(kind, options):
    second_beside(*pair(kind, options, np.float64))


@pytest.mark.parametrize(("kind", "options"), CASES)
def test_what_lies_behind_a_sequence_has_no_influence_even_if_it_is_no_number(kind, options):
    ours, theirs, (x, *states) = setting(kind, options, np.float64)
    spoilt = x.copy()
    for i, n in enumerate(LENGTHS):
        (spoilt[i, n:] if options.get("batch_first") else spoilt[n:, i])[...] = np.nan
    found = called(ours, Tensor(spoilt), *map(Tensor, states), lengths=Tensor(np.array(LENGTHS)))
    expected = packed(theirs, torch.from_numpy(x), *map(torch.from_numpy, states))
    for y, other in zip(found, expected):
        np.testing.assert_allclose(y.numpy(), other.numpy(force=True), rtol=1e-12, atol=1e-12)
    loss = sum([(y * y).sum() for y in found], Tensor(0.0))
    assert all(np.isfinite(g.numpy()).all() for g, _ in loss.backward())


@pytest.mark.parametrize("side", ["right", "left"])
@pytest.mark.parametrize("batch_first", [False, True])
def test_pad_sequence_is_pytorchs_and_unpad_sequence_its_inverse(batch_first, side):
    generator = np.random.default_rng(3)
    arrays = [generator.standard_normal((n, 2)) for n in (2, 4, 1)]
    padded = nn.pad_sequence([Tensor(x) for x in arrays], batch_first, -1.0, side)
    expected = torch.nn.utils.rnn.pad_sequence([torch.from_numpy(x) for x in arrays], batch_first, -1.0, side)
    np.testing.assert_array_equal(padded.numpy(), expected.numpy())
    if side == "right":
        for x, y in zip(arrays, nn.unpad_sequence(padded, [2, 4, 1], batch_first)):
            np.testing.assert_array_equal(y.numpy(), x)
