"""Modules: names, state, mode, what is shown, copies, and the layer that an error comes from."""

import copy
import pickle
import textwrap

import numpy as np
import pytest

from kytorch import Tensor, TrainableWeight, manual_seed, nn


class Scale(nn.Module):
    def __init__(self, n):
        self.weight = TrainableWeight(np.ones(n, np.float32))

    def forward(self, x):
        return x * self.weight.tensor()


class Everything(nn.Module):
    """State in every place where it may stand."""

    def __init__(self):
        self.first = nn.Linear(2, 3)
        self.scale = TrainableWeight(np.ones(3, np.float32))
        self.mean = nn.Buffer(np.zeros(3, np.float32))
        self.layers = [nn.Linear(3, 3, bias=False), nn.ReLU(), nn.Sequential(nn.Sin(), nn.Linear(3, 1))]
        self.grid = [[Scale(1), Scale(2)], (Scale(3),)]
        self.gains = [TrainableWeight([1.0]), TrainableWeight([2.0])]
        self.counts = (nn.Buffer([1]), [nn.Buffer([2])])
        self.name = "of no consequence"
        self.nothing = None

    def forward(self, x):
        x = self.first(x) * self.scale.tensor()
        for layer in self.layers:
            x = layer(x)
        return x


PATHS = [
    "scale", "gains.0", "gains.1", "mean", "counts.0", "counts.1.0", "first.weight", "first.bias", "layers.0.weight",
    "layers.2.1.weight", "layers.2.1.bias", "grid.0.0.weight", "grid.0.1.weight", "grid.1.0.weight",
]  # fmt: skip
BUFFERS = ["mean", "counts.0", "counts.1.0"]


class Tied(nn.Module):
    """A weight that stands in two layers, and a layer that stands in two places."""

    def __init__(self):
        self.encoder = nn.Linear(2, 2)
        self.decoder = nn.Linear(2, 2)
        self.decoder.weight = self.encoder.weight
        self.again = self.encoder

    def forward(self, x):
        return self.again(self.decoder(self.encoder(x)))


def values(model):
    return {path: array.copy() for path, array in model.state_dict().items()}


def assert_same(a, b):
    assert a.keys() == b.keys()
    for path, array in a.items():
        np.testing.assert_array_equal(array, b[path])
        assert array.dtype == b[path].dtype


def mlp():
    return nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.Tanh(), nn.Linear(4, 2)), nn.Sigmoid())


# Names


def test_weights_buffers_and_modules_are_found_in_attributes_lists_and_nested_lists():
    model = Everything()
    assert list(model.state_dict()) == PATHS
    assert [path for path, _ in model.named_weights()] == [path for path in PATHS if path not in BUFFERS]
    assert [path for path, _ in model.named_buffers()] == BUFFERS


def test_a_path_names_the_weight_that_stands_there():
    model = Everything()
    named = dict(model.named_weights())
    assert named["first.weight"] is model.first.weight
    assert named["layers.2.1.bias"] is model.layers[2][1].bias
    assert named["grid.1.0.weight"] is model.grid[1][0].weight
    assert named["gains.1"] is model.gains[1]
    assert dict(model.named_buffers())["counts.1.0"] is model.counts[1][0]
    assert list(model.weights()) == list(named.values())


def test_the_layers_of_a_sequential_are_named_by_their_place():
    assert list(mlp().state_dict()) == ["0.weight", "0.bias", "1.1.weight", "1.1.bias"]


def test_a_layer_without_bias_has_none_in_its_state():
    assert list(nn.Linear(2, 3, bias=False).state_dict()) == ["weight"]


def test_modules_are_named_from_the_model_down():
    model = mlp()
    assert [path for path, _ in model.named_modules()] == ["", "0", "1", "1.0", "1.1", "2"]
    assert [path for path, _ in model.named_children()] == ["0", "1", "2"]
    assert dict(model.named_modules())[""] is model


def test_a_prefix_stands_before_every_path():
    model = mlp()
    assert next(model.named_weights("net"))[0] == "net.0.weight"
    assert [path for path, _ in model.named_modules("net")][:2] == ["net", "net.0"]
    assert [path for path, _ in Everything().named_buffers("net")] == [f"net.{path}" for path in BUFFERS]


def test_an_attribute_set_later_is_state_and_a_deleted_one_is_not():
    model = Scale(2)
    model.extra = nn.Linear(1, 1)
    assert list(model.state_dict()) == ["weight", "extra.weight", "extra.bias"]
    del model.weight
    assert list(model.state_dict()) == ["extra.weight", "extra.bias"]


def test_a_subclass_of_sequential_may_hold_state_of_its_own():
    class Headed(nn.Sequential):
        def __init__(self):
            super().__init__(nn.Linear(2, 3))
            self.head = nn.Linear(3, 1)

        def forward(self, x):
            return self.head(super().forward(x))

    assert set(Headed().state_dict()) == {"0.weight", "0.bias", "head.weight", "head.bias"}


def test_a_module_without_state_has_none():
    assert nn.ReLU().state_dict() == {}
    assert list(nn.ReLU().named_weights()) == []


# Weights in two places


def test_a_weight_in_two_layers_is_listed_once_and_has_both_paths_in_the_state():
    model = Tied()
    assert [path for path, _ in model.named_weights()] == ["encoder.weight", "encoder.bias", "decoder.bias"]
    assert list(model.state_dict()) == [
        "encoder.weight", "encoder.bias", "decoder.weight", "decoder.bias", "again.weight", "again.bias",
    ]  # fmt: skip
    assert [path for path, _ in model.named_modules()] == ["", "encoder", "decoder"]


def test_backward_lists_a_shared_weight_once_with_the_sum_of_its_gradients():
    model = Tied()
    x = Tensor([[1.0, -2.0]])
    gradients = {weight: g for g, weight in model(x).sum().backward()}
    assert len(gradients) == 3
    apart = [nn.Linear(2, 2) for _ in range(3)]
    for layer, path in zip(apart, ("encoder", "decoder", "encoder")):
        layer.load_state_dict({name: model.state_dict()[f"{path}.{name}"] for name in ("weight", "bias")})
    alone = {weight: g for g, weight in nn.Sequential(*apart)(x).sum().backward()}
    expected = sum(alone[layer.weight].numpy() for layer in apart)
    np.testing.assert_allclose(gradients[model.encoder.weight].numpy(), expected, rtol=1e-5)


def test_a_buffer_in_two_places_is_listed_once():
    model = Scale(1)
    model.a = model.b = nn.Buffer([1.0])
    assert [path for path, _ in model.named_buffers()] == ["a"]
    assert list(model.state_dict()) == ["weight", "a", "b"]


def test_a_state_with_shared_weights_loads_into_a_model_that_shares_them():
    saved, model = Tied(), Tied()
    model.load_state_dict(saved.state_dict())
    assert_same(model.state_dict(), saved.state_dict())
    assert model.decoder.weight is model.encoder.weight


# State


def test_a_state_loaded_into_another_model_gives_the_same_outputs():
    a, b = mlp(), mlp()
    x = Tensor(np.random.default_rng(0).standard_normal((5, 3)))
    assert not np.array_equal(a(x).numpy(), b(x).numpy())
    b.load_state_dict(a.state_dict())
    assert_same(a.state_dict(), b.state_dict())
    np.testing.assert_array_equal(a(x).numpy(), b(x).numpy())


def test_buffers_are_loaded_with_the_weights():
    a, b = Everything(), Everything()
    a.mean.update(np.array([1.0, 2.0, 3.0]))
    a.counts[0].update([7])
    b.load_state_dict(a.state_dict())
    assert b.mean.tensor().tolist() == [1.0, 2.0, 3.0]
    assert b.counts[0].tensor().tolist() == [7]


def test_a_state_stays_as_it_was_when_the_weights_are_updated():
    model = Scale(2)
    state = model.state_dict()
    model.weight.update(np.full(2, 5, np.float32))
    assert state["weight"].tolist() == [1.0, 1.0]


def test_the_arrays_of_a_state_are_read_only():
    state = Everything().state_dict()
    for array in state.values():
        with pytest.raises(ValueError):
            array[...] = 0


def test_loading_copies_so_that_the_arrays_stay_apart():
    model = Scale(2)
    array = np.array([3.0, 4.0], np.float32)
    model.load_state_dict({"weight": array})
    array[0] = 99
    assert model.weight.tensor().tolist() == [3.0, 4.0]


def test_loading_keeps_the_weights_themselves_and_their_dtype():
    model = Scale(2)
    weight = model.weight
    model.load_state_dict({"weight": Tensor(np.array([3.0, 4.0]))})
    assert model.weight is weight
    assert weight.dtype == np.float32
    assert weight.tensor().tolist() == [3.0, 4.0]


def test_a_graph_made_before_loading_differentiates_what_was_computed_then():
    model = Scale(2)
    loss = (model(Tensor([1.0, 2.0])) * model.weight.tensor()).sum()
    before = [g.tolist() for g, _ in loss.backward()]
    model.load_state_dict({"weight": np.array([30.0, 40.0])})
    assert [g.tolist() for g, _ in loss.backward()] == before == [[2.0, 4.0]]


def test_every_trouble_of_a_state_is_named_at_once_and_the_model_stays_as_it_was():
    model = Everything()
    before = values(model)
    state = {path: array + 1 for path, array in before.items()}
    del state["first.bias"], state["counts.0"]
    state |= {"extra": np.ones(1), "layers.9.weight": np.ones(1)}
    state["layers.0.weight"] = np.ones((3, 4), np.float32)
    state["mean"] = np.ones((3, 1), np.float32)
    state["scale"] = np.ones(3, np.complex64)
    state["gains.0"] = np.array(["1"])
    state["counts.1.0"] = np.array([0.5])
    with pytest.raises(ValueError, match="load_state_dict of Everything") as error:
        model.load_state_dict(state)
    text = str(error.value)
    for part in (
        "missing first.bias", "missing counts.0", "unexpected extra", "unexpected layers.9.weight",
        "layers.0.weight has shape (3, 4), expected (3, 3)", "mean has shape (3, 1), expected (3,)",
        "scale has dtype complex64, expected float32", "gains.0 has dtype <U1, expected float32",
        "counts.1.0 has dtype float64, expected int64",
    ):  # fmt: skip
        assert part in text
    assert "grid" not in text
    assert_same(model.state_dict(), before)


def test_a_state_of_one_wrong_entry_among_right_ones_updates_nothing():
    model = mlp()
    before = values(model)
    with pytest.raises(ValueError, match=r"1\.1\.bias has shape \(3,\), expected \(2,\)"):
        model.load_state_dict({path: array + 1 for path, array in before.items()} | {"1.1.bias": np.ones(3)})
    assert_same(model.state_dict(), before)


def test_an_empty_state_is_refused_and_lists_all():
    with pytest.raises(ValueError, match=r"missing 0\.weight; missing 0\.bias; missing 1\.1\.weight; missing 1\.1\.b"):
        mlp().load_state_dict({})


# Mode


def test_train_and_eval_reach_every_module_and_return_the_model():
    model = Everything()
    assert all(module.training for _, module in model.named_modules())
    assert model.eval() is model
    assert not any(module.training for _, module in model.named_modules())
    assert model.train() is model
    assert all(module.training for _, module in model.named_modules())
    model.train(False)
    assert not model.layers[2][0].training


def test_the_mode_of_a_part_is_its_own():
    model = mlp()
    model[1].eval()
    assert [module.training for _, module in model.named_modules()] == [True, True, False, False, False, True]
    assert nn.Tanh().training


# What is shown


def test_a_nested_sequential_is_shown_as_pytorch_shows_it():
    assert repr(nn.Sequential(nn.Linear(3, 4), nn.Sequential(nn.Sin(), nn.Sequential(nn.ReLU())), nn.Sequential())) == (
        textwrap.dedent(
            """\
            Sequential(
              (0): Linear(in_features=3, out_features=4, bias=True)
              (1): Sequential(
                (0): Sin()
                (1): Sequential(
                  (0): ReLU()
                )
              )
              (2): Sequential()
            )"""
        )
    )


def test_a_module_shows_its_options_and_its_children():
    class Block(nn.Module):
        def __init__(self):
            self.layers = [nn.Linear(1, 2, bias=False), nn.Dropout(0.25)]
            self.out = nn.Tanh()

        def extra_repr(self):
            return "depth=2"

    assert repr(Block()) == textwrap.dedent(
        """\
        Block(
          depth=2
          (layers.0): Linear(in_features=1, out_features=2, bias=False)
          (layers.1): Dropout(p=0.25, inplace=False)
          (out): Tanh()
        )"""
    )


def test_options_of_several_lines_are_shown_one_below_the_other():
    class Options(nn.Module):
        def extra_repr(self):
            return "a=1\nb=2"

    assert repr(Options()) == "Options(\n  a=1\n  b=2\n)"
    assert repr(nn.Sequential(Options())) == "Sequential(\n  (0): Options(\n    a=1\n    b=2\n  )\n)"


def test_losses_and_buffers_are_shown_by_name():
    assert [repr(loss()) for loss in (nn.BCELoss, nn.BCEWithLogitsLoss, nn.MSELoss, nn.CrossEntropyLoss)] == [
        "BCELoss()", "BCEWithLogitsLoss()", "MSELoss()", "CrossEntropyLoss()",
    ]  # fmt: skip
    assert repr(nn.Buffer([1.5])) == "Buffer(tensor([1.5]))"


# Copies


COPIES = [copy.deepcopy, lambda model: pickle.loads(pickle.dumps(model))]
every_copy = pytest.mark.parametrize("copied", COPIES, ids=["deepcopy", "pickle"])


@every_copy
def test_a_copy_has_the_values_and_weights_of_its_own(copied):
    model = Everything()
    model.eval()
    other = copied(model)
    assert_same(other.state_dict(), model.state_dict())
    assert not other.training and not other.layers[2].training
    assert not set(model.weights()) & set(other.weights())
    before = values(model)
    for weight in other.weights():
        weight.update(weight.data + 1)
    other.mean.update(np.ones(3))
    assert_same(model.state_dict(), before)
    assert other.mean.tensor().tolist() == [1.0, 1.0, 1.0]
    assert model.mean.tensor().tolist() == [0.0, 0.0, 0.0]


@every_copy
def test_what_is_shared_in_a_model_is_shared_in_its_copy(copied):
    model = Tied()
    model.a = model.b = nn.Buffer([1.0])
    other = copied(model)
    assert other.decoder.weight is other.encoder.weight
    assert other.again is other.encoder
    assert other.a is other.b
    assert other.encoder.weight is not model.encoder.weight


@every_copy
def test_a_copy_computes_and_trains_as_the_model_does(copied):
    model = mlp()
    other = copied(model)
    x = Tensor([[1.0, -2.0, 3.0]])
    np.testing.assert_array_equal(model(x).numpy(), other(x).numpy())
    for (g, weight), (h, twin) in zip(model(x).sum().backward(), other(x).sum().backward()):
        np.testing.assert_array_equal(g.numpy(), h.numpy())
        assert weight is not twin
    assert repr(other) == repr(model)


@every_copy
def test_nothing_of_a_copy_can_be_written_to(copied):
    other = copied(Everything())
    other.mean.tensor(), other.first(Tensor([1.0, 2.0]))
    for array in other.state_dict().values():
        with pytest.raises(ValueError):
            array[...] = 0


# A model that contains itself


class Loop(nn.Module):
    def __init__(self):
        self.layer = nn.Linear(2, 2)
        self.me = self
        self.parts = [self, self.layer]

    def forward(self, x):
        return self.layer(x)


def test_a_model_that_contains_itself_lists_everything_once():
    model = Loop()
    assert [path for path, _ in model.named_weights()] == ["layer.weight", "layer.bias"]
    assert [path for path, _ in model.named_modules()] == ["", "layer"]
    assert {"layer.weight", "parts.1.weight"} <= set(model.state_dict())
    model.load_state_dict(model.state_dict())
    assert not model.eval().layer.training


@every_copy
def test_a_model_that_contains_itself_can_be_copied(copied):
    other = copied(Loop())
    assert other.me is other
    assert other.parts == [other, other.layer]


def test_a_model_that_contains_itself_can_be_shown():
    assert "(layer): Linear(in_features=2, out_features=2, bias=True)" in repr(Loop())


def test_an_error_in_a_model_that_contains_itself_keeps_its_type():
    class Failing(Loop):
        def forward(self, x):
            raise KeyError("mine")

    with pytest.raises(KeyError, match="mine"):
        Failing()(Tensor([1.0]))


# Buffer


def test_a_buffer_reads_as_a_constant_and_keeps_its_dtype_when_updated():
    buffer = nn.Buffer(np.array([1.0, 2.0], np.float32))
    assert not buffer.tensor().requires_grad
    old = buffer.tensor()
    buffer.update(np.array([3.0, 4.0]))
    assert buffer.dtype == np.float32
    assert buffer.tensor().tolist() == [3.0, 4.0]
    assert old.tolist() == [1.0, 2.0]
    buffer.update(Tensor([5.0, 6.0]))
    assert buffer.data.tolist() == [5.0, 6.0]
    buffer.update([7, 8])
    assert (buffer.data.tolist(), buffer.shape, buffer.ndim, buffer.size) == ([7.0, 8.0], (2,), 1, 2)


def test_a_buffer_copies_what_it_is_given():
    array = np.array([1.0])
    buffer = nn.Buffer(array)
    array[0] = 9
    assert buffer.data.tolist() == [1.0]
    buffer.update(array)
    array[0] = 10
    assert buffer.data.tolist() == [9.0]
    with pytest.raises(ValueError):
        buffer.data[0] = 3


def test_a_buffer_may_hold_integers_and_bool_unlike_a_weight():
    assert nn.Buffer([1, 2]).dtype == np.int64
    assert nn.Buffer([True]).dtype == bool
    assert nn.Buffer(Tensor([1.5])).dtype == np.float32
    assert nn.Buffer([1, 2], np.float64).dtype == np.float64


def test_an_update_of_another_shape_is_refused_and_changes_nothing():
    buffer = nn.Buffer([1.0, 2.0])
    with pytest.raises(ValueError, match=r"update: the buffer has shape \(2,\), the new value \(3,\)"):
        buffer.update([1.0, 2.0, 3.0])
    assert buffer.data.tolist() == [1.0, 2.0]


def test_no_gradient_flows_to_a_buffer():
    model = Scale(2)
    model.offset = nn.Buffer(np.ones(2, np.float32))
    loss = (model(Tensor([1.0, 2.0])) + model.offset.tensor()).sum()
    assert [weight for _, weight in loss.backward()] == [model.weight]


# Seeds


def test_the_same_seed_makes_the_same_model():
    manual_seed(5)
    a = mlp()
    manual_seed(5)
    assert_same(mlp().state_dict(), a.state_dict())


def test_a_module_says_what_a_state_dict_lacked_and_what_it_had_besides():
    layer = nn.Linear(2, 1)
    missing, unexpected = layer.load_state_dict({"weight": np.zeros((1, 2)), "more": np.zeros(1)}, strict=False)
    assert (missing, unexpected) == (["bias"], ["more"])
    keys = layer.load_state_dict(layer.state_dict())
    assert not keys.missing_keys
    assert not keys.unexpected_keys


@pytest.mark.parametrize("state", ["weights.npz", None, [("weight", np.zeros(1))], nn.Linear(2, 1)])
def test_a_state_that_is_no_mapping_is_refused(state):
    with pytest.raises(
        TypeError, match=r"load_state_dict: expected a mapping from paths to arrays, not .*state_dict\(\)"
    ):
        nn.Linear(2, 1).load_state_dict(state)


def test_a_state_of_uneven_rows_is_refused_with_its_path():
    with pytest.raises(ValueError, match="weight is no array, but a list of uneven rows; bias has shape"):
        nn.Linear(2, 1).load_state_dict({"weight": [[1.0], [1.0, 2.0]], "bias": np.zeros(2)})


@pytest.mark.parametrize("method, wrong, kind", [("register_parameter", Tensor([1.0]), "TrainableWeight"),
                                                 ("add_module", np.tanh, "Module")])  # fmt: skip
def test_what_is_registered_is_to_be_of_its_kind(method, wrong, kind):
    with pytest.raises(TypeError, match=f"{method}: part is to be a {kind}, not {type(wrong).__name__}"):
        getattr(nn.Module(), method)("part", wrong)


def test_what_is_registered_again_takes_the_place_of_its_kind_only():
    model = nn.Module()
    model.register_buffer("scale", Tensor([1.0]))
    model.register_buffer("scale", Tensor([2.0]))
    assert model.scale.data.tolist() == [2.0]
    for method, part in (("register_parameter", TrainableWeight([1.0])), ("add_module", nn.ReLU())):
        with pytest.raises(ValueError, match="there is an attribute 'scale' already"):
            getattr(model, method)("scale", part)


def test_a_dtype_of_none_is_pytorchs_default_for_a_layer_and_nothing_to_convert_to():
    made = (nn.Linear(2, 2, dtype=None), nn.LayerNorm(2, dtype=None), nn.BatchNorm1d(2, dtype=None))
    for layer in (*made, nn.Embedding(2, 2, dtype=None), nn.GRU(2, 2, dtype=None), nn.GroupNorm(1, 2, dtype=None)):
        assert {weight.dtype for weight in layer.weights()} == {np.dtype(np.float32)}
    with pytest.raises(TypeError, match="to: expected a dtype, not None"):
        nn.Linear(2, 2).to(None)
    with pytest.raises(TypeError, match="to: 'cpu' is no dtype"):
        nn.Linear(2, 2).to("cpu")


def test_sizes_may_be_numpys_integers():
    two = np.int64(2)
    for layer in (nn.Linear(two, two), nn.Embedding(two, two), nn.LSTM(two, two), nn.BatchNorm1d(two),
                  nn.GroupNorm(two, two), nn.Bilinear(two, two, two), nn.PixelShuffle(two)):  # fmt: skip
        assert "np." not in repr(layer)
    with pytest.raises(TypeError, match="Linear: in_features is to be an int, not bool"):
        nn.Linear(True, 2)


def test_a_mode_is_true_or_false():
    with pytest.raises(TypeError, match="train: expected a bool, not Tensor"):
        nn.Linear(1, 1).train(Tensor([1.0]))
