"""The table of a model's layers: what it counts, and that it leaves the model as it was."""

import numpy as np
import pytest

from kytorch import Tensor, manual_seed, nn
from kytorch.tensor.random import generator_or_default


def ones(*shape):
    return Tensor(np.ones(shape, np.float32))


def only(model, *inputs):
    (row,) = nn.summary(model, inputs).rows
    return row


def test_each_layer_is_a_row_in_the_order_of_the_calls():
    class Model(nn.Module):
        def __init__(self):
            self.last = nn.Linear(4, 2)
            self.body = nn.Sequential(nn.Linear(3, 4), nn.Tanh())

        def forward(self, x):
            return self.last(self.body(x))

    found = nn.summary(Model(), ones(5, 3))
    assert [(row.path, row.kind, row.output_shapes) for row in found.rows] == [
        ("body.0", "Linear", ((5, 4),)),
        ("body.1", "Tanh", ((5, 4),)),
        ("last", "Linear", ((5, 2),)),
    ]
    assert [row.weights for row in found.rows] == [16, 0, 10]
    assert [row.multiply_adds for row in found.rows] == [60, 0, 40]
    assert [row.bytes for row in found.rows] == [4 * (20 + 16), 4 * 20, 4 * (10 + 10)]
    assert (found.weights, found.multiply_adds, found.bytes) == (26, 100, 4 * (50 + 26))


def test_the_table_has_a_line_for_each_row_and_the_totals():
    shown = str(nn.summary(nn.Sequential(nn.Linear(1000, 3), nn.Tanh()), ones(2, 1000)))
    assert shown.splitlines() == [
        "layer  kind    output shape  weights  multiply-adds   bytes",
        "-----------------------------------------------------------",
        "0      Linear  (2, 3)          3,003          6,000  12,036",
        "1      Tanh    (2, 3)              0              0      24",
        "-----------------------------------------------------------",
        "total                          3,003          6,000  12,060",
    ]


def test_weights_that_layers_share_are_counted_once_in_the_total():
    first, second = nn.Linear(3, 3), nn.Linear(3, 3)
    second.weight = first.weight
    found = nn.summary(nn.Sequential(first, second, first), ones(1, 3))
    assert [row.path for row in found.rows] == ["0", "1", "0"]
    assert [row.weights for row in found.rows] == [12, 12, 12]
    assert found.weights == 15
    assert found.multiply_adds == 27
    assert found.bytes == 4 * (9 + 15)


def test_a_module_with_weights_of_its_own_is_a_row_before_the_layers_inside():
    class Scaled(nn.Module):
        def __init__(self):
            self.scale = nn.Parameter(np.ones(3, np.float32))
            self.inner = nn.Linear(3, 3)
            self.unused = nn.Linear(3, 3)

        def forward(self, x):
            return self.inner(x) * self.scale.tensor()

    found = nn.summary(Scaled(), ones(2, 3))
    assert [(row.path, row.weights) for row in found.rows] == [("", 15), ("inner", 12)]


def test_several_inputs_are_given_as_a_tuple_and_several_outputs_have_shapes_each():
    row = only(nn.Bilinear(3, 4, 2), ones(5, 3), ones(5, 4))
    assert (row.output_shapes, row.weights, row.multiply_adds) == (((5, 2),), 26, 5 * 2 * 12)
    row = only(nn.LSTM(3, 4), ones(7, 2, 3))
    assert row.output_shapes == ((7, 2, 4), (1, 2, 4), (1, 2, 4))


PRODUCTS = [
    (nn.Linear(3, 4), [(2, 5, 3)], 2 * 5 * 3 * 4),
    (nn.Conv1d(4, 6, 3, padding=1), [(2, 4, 10)], 2 * 10 * 6 * 4 * 3),
    (nn.Conv2d(4, 6, 3, groups=2), [(2, 4, 8, 7)], 2 * 6 * 5 * 6 * 2 * 9),
    (nn.ConvTranspose2d(4, 6, 3, stride=2, groups=2), [(2, 4, 5, 3)], 2 * 5 * 3 * 4 * 3 * 9),
    (nn.RNN(3, 5), [(7, 2, 3)], 14 * (15 + 25)),
    (nn.GRU(3, 5, bias=False), [(7, 3)], 7 * 3 * (15 + 25)),
    (nn.LSTM(3, 5, num_layers=2, bidirectional=True), [(7, 2, 3)], 14 * 2 * 4 * (15 + 25 + 50 + 25)),
    (nn.LSTM(3, 5, proj_size=2), [(7, 2, 3)], 14 * (4 * (15 + 10) + 10)),
    (nn.LSTMCell(3, 5), [(2, 3)], 2 * 4 * (15 + 25)),
    (nn.GRUCell(3, 5), [(3,)], 3 * (15 + 25)),
    (nn.ReLU(), [(2, 3)], 0),
]


@pytest.mark.parametrize("layer, shapes, expected", PRODUCTS, ids=[repr(layer) for layer, _, _ in PRODUCTS])
def test_layers_say_how_many_products_they_add_up(layer, shapes, expected):
    assert only(layer, *[ones(*shape) for shape in shapes]).multiply_adds == expected


def test_attention_counts_its_projections_scores_and_sums():
    layer = nn.MultiheadAttention(6, 2, kdim=4, vdim=5, batch_first=True)
    found = nn.summary(layer, (ones(2, 7, 6), ones(2, 3, 4), ones(2, 3, 5)))
    projections = 2 * (7 * 6 * 6 + 3 * 4 * 6 + 3 * 5 * 6 + 7 * 6 * 6)
    assert found.multiply_adds == projections + 2 * 2 * 7 * 3 * 6
    assert found.weights == nn.count_weights(layer)
    assert [row.path for row in found.rows] == ["", "out_proj"]


def test_a_layer_of_ones_own_says_its_products_itself():
    class Squares(nn.Module):
        def multiply_adds(self, inputs, outputs):
            return inputs[0].size

        def forward(self, x):
            return x * x

    assert only(Squares(), ones(2, 3)).multiply_adds == 6


class Restless(nn.Module):
    """Counts its calls, draws, and may fail."""

    def __init__(self, fails=False):
        self.calls = nn.Buffer([0.0])
        self.dropout = nn.Dropout(0.5).eval()
        self.own = np.random.default_rng(3)
        self.fails = fails
        self.seen = []

    def forward(self, x):
        self.seen.append(self.training)
        self.calls.update(self.calls.tensor() + 1)
        generator_or_default(None).random(3)
        self.own.random(3)
        if self.fails:
            raise RuntimeError("failed")
        return self.dropout(x)


@pytest.mark.parametrize("fails", [False, True])
def test_the_model_and_the_random_state_are_as_before(fails):
    model = Restless(fails)
    hooked = nn.Linear(3, 3)
    made = []
    hooked.register_forward_hook(lambda module, args, output: made.append(output))
    whole = nn.Sequential(hooked, model)
    before, attributes, hooks = model.state_dict(), set(vars(model)), hooked._hooks
    manual_seed(4)
    expected = generator_or_default(None).random(2)
    manual_seed(4)
    if fails:
        with pytest.raises(RuntimeError, match="failed"):
            nn.summary(whole, ones(1, 3))
    else:
        nn.summary(whole, ones(1, 3))
    assert model.seen == [False]
    assert [module.training for module in whole.modules()] == [True, True, True, False]
    assert set(vars(model)) == attributes
    np.testing.assert_array_equal(model.state_dict()["calls"], before["calls"])
    np.testing.assert_array_equal(generator_or_default(None).random(2), expected)
    assert model.own.random() == np.random.default_rng(3).random()
    assert hooked._hooks is hooks
    assert len(made) == 1
    whole[0](ones(1, 3))
    assert len(made) == 2


def test_nothing_is_recorded():
    class Model(nn.Module):
        def __init__(self):
            self.inner = nn.Linear(2, 2)
            self.live = []

        def forward(self, x):
            y = self.inner(x)
            self.live.append(y.requires_grad)
            return y

    model = Model()
    nn.summary(model, ones(1, 2))
    assert model.live == [False]


def test_what_is_no_module_is_refused():
    with pytest.raises(TypeError, match="summary: expected a Module, not function"):
        nn.summary(lambda x: x, ones(1))


def test_a_caught_error_inside_does_not_disturb_the_rows():
    class Tries(nn.Module):
        def __init__(self):
            self.bad = nn.Linear(5, 5)
            self.good = nn.Linear(3, 2)

        def forward(self, x):
            try:
                return self.bad(x)
            except ValueError:
                return self.good(x)

    found = nn.summary(Tries(), ones(1, 3))
    assert [(row.path, row.weights) for row in found.rows] == [("", 30), ("good", 8)]
