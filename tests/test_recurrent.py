"""Recurrent layers: sequences of different lengths, states, what is refused, and what makes them fast."""

import numpy as np
import pytest

from kytorch import Tensor, TrainableWeight, nn
from kytorch.kernels import recurrent as kernels

LAYERS = [nn.RNN, nn.LSTM, nn.GRU]
CELLS = [nn.RNNCell, nn.LSTMCell, nn.GRUCell]


def normal(*shape, seed=0, dtype=np.float32):
    return Tensor(np.random.default_rng(seed).standard_normal(shape).astype(dtype))


def flat(outputs):
    """All Tensors of an answer."""
    return [outputs] if isinstance(outputs, Tensor) else [y for part in outputs for y in flat(part)]


def arrays(outputs):
    return [y.numpy() for y in flat(outputs)]


@pytest.mark.parametrize(("layer", "cell"), list(zip(LAYERS, CELLS)))
def test_a_layer_is_its_cell_in_a_loop(layer, cell):
    layer, cell = layer(3, 4), cell(3, 4)
    cell.load_state_dict({path.removesuffix("_l0"): array for path, array in layer.state_dict().items()})
    x, state, outputs = normal(5, 2, 3), None, []
    for t in range(5):
        state = cell(x[t], state)
        outputs.append(flat(state)[0].numpy())
    output, last = layer(x)
    np.testing.assert_allclose(output.numpy(), np.stack(outputs), rtol=1e-5, atol=1e-6)
    for y, expected in zip(arrays(last), arrays(state), strict=True):
        np.testing.assert_allclose(y[0], expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("options", [{}, {"num_layers": 2, "bidirectional": True}])
def test_each_sequence_of_a_padded_batch_goes_through_as_it_does_alone(kind, options):
    layer = kind(3, 4, **options, generator=np.random.default_rng(1))
    sequences = [normal(n, 3, seed=n) for n in (4, 2, 6)]
    output, last = layer(nn.pad_sequence(sequences), lengths=[4, 2, 6])
    for i, sequence in enumerate(sequences):
        alone, last_alone = layer(sequence)
        np.testing.assert_allclose(output.numpy()[: len(sequence), i], alone.numpy(), rtol=1e-5, atol=1e-6)
        assert not output.numpy()[len(sequence) :, i].any()
        for y, expected in zip(flat(last), flat(last_alone), strict=True):
            np.testing.assert_allclose(y.numpy()[:, i], expected.numpy(), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", LAYERS)
def test_a_sequence_in_two_parts_is_the_sequence_in_one(kind):
    layer = kind(3, 4, num_layers=2)
    x = normal(6, 2, 3)
    output, last = layer(x)
    first, between = layer(x[:4])
    second, end = layer(x[4:], between)
    np.testing.assert_allclose(np.concatenate([first.numpy(), second.numpy()]), output.numpy(), rtol=1e-5, atol=1e-6)
    for y, expected in zip(arrays(end), arrays(last), strict=True):
        np.testing.assert_allclose(y, expected, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("kind", LAYERS)
def test_lengths_that_fill_the_batch_change_nothing(kind):
    layer = kind(3, 4, bidirectional=True)
    x = normal(5, 2, 3)
    for y, expected in zip(arrays(layer(x, lengths=(5, 5))), arrays(layer(x))):
        np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("kind", LAYERS)
def test_dropout_acts_between_layers_in_training_only_and_repeats_with_its_generator(kind):
    x = normal(5, 2, 3)

    def output(dropout, layers, training):
        layer = kind(3, 4, layers, dropout=dropout, generator=np.random.default_rng(1)).train(training)
        return layer(x)[0].numpy()

    assert (output(0.5, 2, True) != output(0.0, 2, True)).any()
    np.testing.assert_array_equal(output(0.5, 2, True), output(0.5, 2, True))
    np.testing.assert_array_equal(output(0.5, 2, False), output(0.0, 2, False))
    np.testing.assert_array_equal(output(0.5, 1, True), output(0.0, 1, True))


def test_dropout_of_everything_leaves_the_second_layer_its_biases_only():
    layer = nn.GRU(3, 4, 2, dropout=1.0)
    first, second = layer(normal(5, 2, 3, seed=1))[0], layer(normal(5, 2, 3, seed=2))[0]
    np.testing.assert_array_equal(first.numpy(), second.numpy())


@pytest.mark.parametrize("kind", [*LAYERS, *CELLS])
def test_weights_are_uniform_within_one_over_the_root_of_the_hidden_size(kind):
    layer = kind(8, 64, generator=np.random.default_rng(1))
    for weight in layer.weights():
        assert np.abs(weight.data).max() <= 1 / 8
        assert np.abs(weight.data).max() > 0.9 / 8
        assert abs(weight.data.mean()) < 0.02


def test_a_layer_has_only_the_weights_that_it_uses():
    assert list(nn.LSTM(3, 4, bias=False, proj_size=2, bidirectional=True).state_dict()) == [
        "weight_ih_l0",
        "weight_hh_l0",
        "weight_hr_l0",
        "weight_ih_l0_reverse",
        "weight_hh_l0_reverse",
        "weight_hr_l0_reverse",
    ]
    assert list(nn.GRUCell(3, 4, bias=False).state_dict()) == ["weight_ih", "weight_hh"]


@pytest.mark.parametrize("kind", LAYERS)
def test_a_weight_put_in_the_place_of_another_is_used(kind):
    layer = kind(3, 4)
    layer.weight_hh_l0 = TrainableWeight(np.zeros(layer.weight_hh_l0.shape, np.float32))
    found = [weight for _, weight in layer(normal(5, 2, 3))[0].sum().backward()]
    assert layer.weight_hh_l0 in found


@pytest.mark.parametrize("kind", LAYERS)
def test_gradients_are_laid_out_in_memory_as_their_weights_are(kind):
    layer = kind(3, 4, num_layers=2)
    for g, weight in layer(normal(5, 2, 3))[0].sum().backward():
        if weight.ndim == 2:
            assert g.numpy().strides == weight.data.strides


@pytest.mark.parametrize("kind", LAYERS)
def test_float16_stays_float16(kind):
    layer = kind(3, 4, dtype=np.float16)
    outputs = flat(layer(normal(5, 2, 3, dtype=np.float16)))
    assert {y.dtype for y in outputs} == {np.dtype(np.float16)}
    assert {g.dtype for g, _ in outputs[0].sum().backward()} == {np.dtype(np.float16)}


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("options", [{}, {"bidirectional": True}])
@pytest.mark.parametrize("lengths", [None, [20, 14, 1, 9] * 4])
def test_long_and_wide_sequences_in_blocks_and_tiles_give_what_their_definition_gives(kind, options, lengths):
    layer = kind(64, 128, **options, dtype=np.float64)
    x = TrainableWeight(normal(20, 16, 64, dtype=np.float64))
    outputs = flat(layer(x.tensor(), lengths=lengths))
    loss = sum([(y * normal(*y.shape, seed=i, dtype=np.float64)).sum() for i, y in enumerate(outputs)], Tensor(0.0))
    plain = {weight: g for g, weight in loss.backward(create_graph=True)}
    for g, weight in loss.backward():
        np.testing.assert_allclose(g.numpy(), plain[weight].numpy(), rtol=1e-9, atol=1e-9)


@pytest.mark.parametrize(("rows", "k", "n"), [(1, 128, 512), (16, 256, 1024), (32, 1024, 256), (64, 768, 64)])
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_product_in_tiles_is_the_product(rows, k, n, order):
    generator = np.random.default_rng(1)
    x, matrix = generator.standard_normal((rows, 2 * k))[:, k:], generator.standard_normal((k, n))
    out = np.empty((rows, n))
    kernels.product_by(np.asarray(matrix, order=order), rows, 9)(x, out)
    np.testing.assert_allclose(out, x @ matrix, rtol=1e-11, atol=1e-11)


def test_blocks_of_steps_are_all_of_them_from_the_last():
    array = np.empty((300, 8, 40))
    parts = list(kernels.blocks(array))
    assert len(parts) > 1
    steps = [k for part in parts for k in reversed(range(part.start, part.stop))]
    assert steps == list(reversed(range(300)))


WRONG_OPTIONS = [
    ({"input_size": 0}, ValueError, "input_size is to be at least 1, not 0"),
    ({"hidden_size": 2.0}, TypeError, "hidden_size is to be an int, not float"),
    ({"hidden_size": -1}, ValueError, "hidden_size is to be at least 1, not -1"),
    ({"num_layers": 0}, ValueError, "num_layers is to be at least 1, not 0"),
    ({"dropout": 1.5}, ValueError, r"dropout is a probability, in \[0, 1\], not 1.5"),
    ({"dropout": True}, TypeError, "dropout is to be a number, not bool"),
]


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize(("options", "error", "message"), WRONG_OPTIONS)
def test_wrong_options_are_refused_by_name(kind, options, error, message):
    with pytest.raises(error, match=f"{kind.__name__}: {message}"):
        kind(**{"input_size": 3, "hidden_size": 4, **options})


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: nn.LSTM(3, 4, proj_size=4), "proj_size is to be less than hidden_size 4, or 0, not 4"),
        (lambda: nn.LSTM(3, 4, proj_size=-1), "not -1"),
        (lambda: nn.RNN(3, 4, nonlinearity="sin"), "RNN: nonlinearity is to be 'tanh' or 'relu', not 'sin'"),
        (lambda: nn.RNNCell(3, 4, nonlinearity="sin"), "RNNCell: nonlinearity is to be 'tanh' or 'relu', not 'sin'"),
        (lambda: nn.GRUCell(3, 0), "GRUCell: hidden_size is to be at least 1, not 0"),
    ],
)
def test_wrong_values_are_refused(make, message):
    with pytest.raises(ValueError, match=message):
        make()


def states_of(kind, *shape):
    return (normal(*shape), normal(*shape)) if kind in (nn.LSTM, nn.LSTMCell) else normal(*shape)


WRONG_CALLS = [
    (((5, 2, 4),), r"expected an input of shape \(time, batch, 3\), or \(time, 3\) without a batch, not \(5, 2, 4\)"),
    (((3,),), r"not \(3,\)"),
    (((0, 2, 3),), r"a sequence has at least one step, and the input has shape \(0, 2, 3\)"),
    (((5, 2, 3), (2, 2, 4)), r"the hidden state to begin with has shape \(2, 2, 4\), expected \(1, 2, 4\)"),
    (((5, 2, 3), (1, 3, 4)), r"expected \(1, 2, 4\)"),
    (((5, 2, 3), (1, 2, 5)), r"expected \(1, 2, 4\)"),
    (((5, 3), (1, 1, 4)), r"expected \(1, 4\)"),
]


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize(("shapes", "message"), WRONG_CALLS)
def test_wrong_shapes_are_refused_with_the_layers_path(kind, shapes, message):
    model = nn.ModuleList([kind(3, 4)])
    with pytest.raises(ValueError, match=f"{kind.__name__}: .*{message}") as error:
        model[0](normal(*shapes[0]), *[states_of(kind, *shape) for shape in shapes[1:]])
    assert error.value.__notes__ == [f"in layer {kind.__name__}(3, 4)"]


@pytest.mark.parametrize(
    ("lengths", "error", "message"),
    [
        ([5, 6], ValueError, "a length is between 1 and the 5 steps of the input, not 6"),
        ([0, 5], ValueError, "between 1 and the 5 steps of the input, not 0"),
        ([-1, 5], ValueError, "not -1"),
        ([5], ValueError, r"expected lengths of shape \(2,\), not \(1,\)"),
        ([1.0, 2.0], TypeError, "lengths are integers, not float64"),
        (np.ones((2, 5), bool), ValueError, r"not \(2, 5\)"),
        (np.ones(2, bool), TypeError, "lengths are integers, not bool"),
    ],
)
@pytest.mark.parametrize("kind", LAYERS)
def test_wrong_lengths_are_refused(kind, lengths, error, message):
    with pytest.raises(error, match=f"{kind.__name__}: .*{message}"):
        kind(3, 4)(normal(5, 2, 3), lengths=lengths)
    with pytest.raises(error, match=f"{kind.__name__}: .*{message}"):
        kind(3, 4, batch_first=True)(normal(2, 5, 3), lengths=lengths)


def test_a_sequence_without_a_batch_takes_no_lengths():
    with pytest.raises(ValueError, match="an input without a batch has its own length"):
        nn.RNN(3, 4)(normal(5, 3), lengths=[5])


@pytest.mark.parametrize("kind", LAYERS)
def test_wrong_kinds_are_refused(kind):
    layer, name = kind(3, 4), kind.__name__
    with pytest.raises(TypeError, match=f"{name}: an input of float64 beside weights of float32; convert one"):
        layer(normal(5, 2, 3, dtype=np.float64))
    with pytest.raises(TypeError, match=f"{name}: an input of int64"):
        layer(Tensor(np.ones((5, 2, 3), int)))
    with pytest.raises(TypeError, match=rf"{name}: expected a Tensor, not TrainableWeight; weight.tensor\(\) reads it"):
        layer(TrainableWeight(np.ones((5, 2, 3), np.float32)))
    with pytest.raises(TypeError, match=f"{name}: expected a Tensor, not ndarray"):
        layer(np.ones((5, 2, 3), np.float32))


def test_the_state_of_an_lstm_is_a_tuple_of_two():
    layer, cell = nn.LSTM(3, 4), nn.LSTMCell(3, 4)
    with pytest.raises(TypeError, match="LSTM: the state to begin with is a tuple of two Tensors"):
        layer(normal(5, 2, 3), normal(1, 2, 4))
    with pytest.raises(TypeError, match="LSTMCell: the state to begin with is a tuple of two Tensors"):
        cell(normal(2, 3), normal(2, 4))
    with pytest.raises(ValueError, match=r"the cell state to begin with has shape \(1, 2, 2\), expected \(1, 2, 4\)"):
        nn.LSTM(3, 4, proj_size=2)(normal(5, 2, 3), (normal(1, 2, 2), normal(1, 2, 2)))


@pytest.mark.parametrize("kind", CELLS)
def test_a_cell_refuses_wrong_shapes(kind):
    cell, name = kind(3, 4), kind.__name__
    with pytest.raises(ValueError, match=rf"{name}: expected an input of shape \(batch, 3\) or \(3,\), not \(2, 4\)"):
        cell(normal(2, 4))
    with pytest.raises(ValueError, match=rf"{name}: the hidden state .* has shape \(3, 4\), expected \(2, 4\)"):
        cell(normal(2, 3), states_of(kind, 3, 4))
    with pytest.raises(ValueError, match=r"has shape \(1, 4\), expected \(4,\)"):
        cell(normal(3), states_of(kind, 1, 4))


def test_sequences_that_cannot_be_padded_are_refused():
    with pytest.raises(ValueError, match="expected at least one sequence"):
        nn.pad_sequence([])
    with pytest.raises(ValueError, match="expected sequences that differ in their first size only"):
        nn.pad_sequence([normal(3, 2), normal(3, 1)])
    with pytest.raises(ValueError, match="expected sequences that differ in their first size only"):
        nn.pad_sequence([Tensor(1.0)])
    with pytest.raises(ValueError, match="'right' or 'left', not 'middle'"):
        nn.pad_sequence([normal(3)], padding_side="middle")
    with pytest.raises(TypeError, match="pad_sequence: expected a Tensor, not list"):
        nn.pad_sequence([[1.0]])
    with pytest.raises(ValueError, match=r"unpad_sequence: expected lengths of shape \(2,\), not \(1,\)"):
        nn.unpad_sequence(normal(3, 2), [1])
    with pytest.raises(ValueError, match="lengths are between 0 and the 3 steps"):
        nn.unpad_sequence(normal(3, 2), [4, 1])


def test_a_gradient_flows_through_padding_to_each_sequence():
    weights = [TrainableWeight(np.ones((n, 2), np.float32)) for n in (3, 1)]
    padded = nn.pad_sequence([weight.tensor() for weight in weights])
    gradients = {weight: g.numpy() for g, weight in (padded * normal(3, 2, 2)).sum().backward()}
    expected = normal(3, 2, 2).numpy()
    for i, n in enumerate((3, 1)):
        np.testing.assert_array_equal(gradients[weights[i]], expected[:n, i])


# Masks


@pytest.mark.parametrize("kind", LAYERS)
@pytest.mark.parametrize("batch_first", [False, True])
def test_a_mask_of_the_first_steps_is_as_lengths(kind, batch_first):
    layer = kind(3, 4, 2, bidirectional=True, batch_first=batch_first)
    x, lengths = normal(*((2, 5, 3) if batch_first else (5, 2, 3))), np.array([2, 4])
    mask = np.arange(5) < lengths[:, None]
    mask = mask if batch_first else mask.T
    for given in (mask, Tensor(mask)):
        for y, expected in zip(arrays(layer(x, mask=given)), arrays(layer(x, lengths=lengths))):
            np.testing.assert_array_equal(y, expected)


@pytest.mark.parametrize("kind", LAYERS)
def test_a_step_that_a_mask_leaves_out_is_as_if_it_were_not_there(kind):
    layer = kind(3, 4, 2, bidirectional=True, dtype=np.float64)
    x, mask = normal(6, 3).to(np.float64), np.array([True, False, True, True, False, True])
    output, last = layer(x.at[1].set(np.nan), mask=mask)
    expected, expected_last = layer(x[mask])
    np.testing.assert_allclose(output.numpy()[mask], expected.numpy(), rtol=1e-13)
    assert not output.numpy()[~mask].any()
    for state, other in zip(flat(last), flat(expected_last)):
        np.testing.assert_allclose(state.numpy(), other.numpy(), rtol=1e-13)


def test_wrong_masks_are_refused():
    layer, x = nn.LSTM(3, 4), normal(5, 2, 3)
    for mask, error, message in (
        (np.ones((2, 5), bool), ValueError, r"expected a mask of shape \(5, 2\), not \(2, 5\)"),
        (np.ones((5, 2)), TypeError, "a mask is of bool, True where there is a step, not of float64"),
        ([[True]], TypeError, "LSTM: expected a Tensor, not list"),
    ):
        with pytest.raises(error, match=message):
            layer(x, mask=mask)
    with pytest.raises(ValueError, match="LSTM: lengths and a mask say the same; pass one of them"):
        layer(x, lengths=[5, 5], mask=np.ones((5, 2), bool))
