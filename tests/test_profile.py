"""profile: what it finds of operations, layers and optimizers."""

import gc
import re
import time
import weakref

import numpy as np
import pytest
from profiles import Net, backward, calls, forward, halved, live, row

import kytorch as kt
from kytorch import A, Array, Tensor, TrainableWeight, func, nn, optim
from kytorch.tensor.rules import PartGradFn

# Operations


def test_operations_and_their_rules_are_listed_in_order_under_the_names_of_their_grad_fns() -> None:
    x = live(3, 4)
    with kt.profile() as p:
        (x @ kt.ones(4, 2)).log_softmax(1).sum().backward()
    assert forward(p) == ["ones", "matmul", "log_softmax", "sum"]
    assert backward(p) == ["sum", "log_softmax", "matmul"]
    assert all(row.calls == 1 for row in p.rows())
    assert all(row.forward > 0 and (row.backward > 0) == (row.name != "ones") for row in p.rows())


def test_operations_on_constants_are_listed_and_numbers_beside_them_are_not() -> None:
    x = kt.ones(2, 3)
    with kt.profile() as p:
        x * 2.0
        assert (1.0 - x).shape == (x > 0.0).shape
        x.argmax()
        kt.where(x > 1.0, x, 0.0)
        x.sigmoid()
    assert forward(p) == ["mul", "sub", "gt", "argmax", "gt", "where", "sigmoid"]
    assert not backward(p)


def test_layers_under_no_grad_are_listed_as_with_gradients() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.Tanh(), nn.Linear(4, 2))
    x = kt.ones(5, 3)
    with kt.profile() as p:
        model(x)
    with kt.profile() as q, kt.no_grad():
        model(x)
    assert forward(p) == forward(q) == ["linear", "tanh", "linear"]
    assert [record.layer for record in p.records] == [record.layer for record in q.records]


def test_what_reads_a_value_is_no_operation() -> None:
    x = live(3)
    with kt.profile() as p:
        x.detach(), x.data, repr(x), x.shape, len(x), Tensor([1.0]), x.sum
        TrainableWeight([1.0]).tensor()
    assert p.records == []


def test_a_record_has_shape_dtype_and_bytes() -> None:
    x = kt.ones(2, 3, dtype=kt.float64)
    with kt.profile() as p:
        x.exp()
    [record] = p.records
    assert (record.name, record.kind, record.layer) == ("exp", "forward", "")
    assert (record.shape, record.dtype, record.made, record.kept) == ((2, 3), "float64", 48, 0)
    assert record.begin >= 0 and record.duration > 0


def test_views_make_no_bytes_and_a_fresh_array_that_is_reshaped_does() -> None:
    x = live(3, 4)
    with kt.profile() as p:
        y = x.exp()
        assert y.reshape(4, 3)[1:].T.shape == (3, 3)
        nn.functional.linear(kt.ones(2, 3, 4), live(5, 4))
    assert row(p, "exp").made == 48
    assert [row(p, name).made for name in ("reshape", "getitem", "reversed_dims")] == [0, 0, 0]
    assert row(p, "linear").made == 2 * 3 * 5 * 4


def test_views_of_what_was_there_before_make_no_bytes() -> None:
    x = kt.ones(3, 4)
    with kt.profile() as p:
        assert x.T.shape == live(4, 3).shape
        assert x[1:].reshape(-1).shape == (8,)
    assert [row(p, name).made for name in ("reversed_dims", "getitem", "reshape")] == [0, 0, 0]


@pytest.mark.parametrize("layer", [nn.Conv2d(2, 3, 3), nn.MaxPool2d(2)], ids=lambda layer: type(layer).__name__)
def test_the_operation_of_a_layer_begins_with_its_call(layer: nn.Module) -> None:
    x = live(2, 2, 8, 8) * 1.0
    with kt.profile() as p:
        layer(x)
    module, operation = p.records
    assert (module.kind, operation.kind, operation.begin) == ("module", "forward", module.begin)
    assert operation.own > module.own


def test_each_array_that_is_kept_is_counted_once_and_weights_never() -> None:
    w = TrainableWeight(np.ones((4, 4), np.float32))
    x = kt.ones(2, 4)
    with kt.profile() as p:
        y = x @ w.tensor()  # keeps x
        z = y.sigmoid()  # keeps z
        z @ w.tensor().T  # keeps z too
        y + z
    assert row(p, "matmul").kept == x.data.nbytes
    assert row(p, "sigmoid").kept == z.data.nbytes
    assert row(p, "add").kept == 0 == row(p, "reversed_dims").kept


def test_indices_that_are_kept_count_too() -> None:
    images = live(2, 1, 4, 4) * 1.0
    with kt.profile() as p:
        nn.functional.max_pool2d(images, 2)
    assert p.rows()[0].kept >= 8


def test_what_is_kept_again_in_each_step_is_counted_in_each() -> None:
    x = live(100)
    with kt.profile() as p:
        for _ in range(5):
            x.exp()
    assert (row(p, "exp").calls, row(p, "exp").kept) == (5, 5 * 400)


def test_an_operation_of_ones_own_has_its_time_from_the_call_of_its_function() -> None:
    x = live(3)
    with kt.profile() as p:
        time.sleep(0.02)
        halved(x).sum().backward()
    halve = row(p, "halve")
    assert 0.006 <= halve.forward < 0.02
    assert halve.backward >= 0.004
    assert halve.kept == 0  # x is a weight's


def test_time_elsewhere_is_in_no_operation() -> None:
    x = live(3)
    with kt.profile() as p:
        time.sleep(0.02)
        x.exp()
        time.sleep(0.02)
        x.exp().sum().backward()
        time.sleep(0.02)
    assert sum(row.total for row in p.rows()) < p.seconds - 0.06


def test_all_times_add_up_to_the_wall_time() -> None:
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    state = optim.AdamState()
    p = kt.profile()
    for _ in range(2):
        with p:
            for _ in range(3):
                loss = nn.functional.mse_loss(halved(model(kt.ones(2, 3))), kt.ones(2, 2))
                state = optim.adam(optim.clip_by_norm(loss.backward(), 1.0), state)
    times = re.findall(r"([\d,.]+) +[\d.]+%", p.table())
    *parts, wall = [float(time.replace(",", "")) for time in times]
    assert wall == pytest.approx(1e3 * p.seconds, abs=1e-3)
    assert sum(parts) == pytest.approx(wall, abs=1e-3 * len(parts))
    assert all(0 <= record.own <= record.duration for record in p.records)


# Modes of differentiation


def test_transforms_and_higher_orders_are_seen() -> None:
    x = kt.ones(3)
    with kt.profile() as p:
        func.grad(lambda x: (x.exp() * x).sum())(x)
    assert forward(p) == ["exp", "mul", "sum"]
    assert backward(p) == ["sum", "mul", "exp"]
    w = TrainableWeight([1.0, 2.0])
    with kt.profile() as p:
        [(g, _)] = w.tensor().exp().sum().backward(create_graph=True)
        g.sum().backward()
    assert backward(p).count("exp") == 2
    assert [record.name for record in p.records if record.kind == "walk"] == ["backward", "backward"]


def test_a_checkpointed_function_is_seen_twice() -> None:
    x = live(3) * 2.0
    with kt.profile() as p:
        func.checkpoint(lambda x: x.exp().sigmoid())(x).sum().backward()
    assert calls(p) == {"exp": 2, "sigmoid": 2, "checkpoint": 1, "sum": 1, "mul": 0}
    assert row(p, "checkpoint").kept == x.data.nbytes
    assert backward(p) == ["sum", "checkpoint", "sigmoid", "exp", "mul"]


def test_parts_of_one_tensor_are_added_up_in_place_as_without_a_profile() -> None:
    added = []

    class Part(PartGradFn):
        """y = x, as a part of it."""

        def vjp(self, g: A) -> A:
            return g * 1.0

        def add_to(self, total: Array, g: Array) -> None:
            added.append(1)
            total += g

    w = TrainableWeight(np.ones(4, np.float32))
    with kt.profile() as p:
        x = w.tensor()
        [(g, _)] = kt.stack([Part().record(x.data.copy(), x) for _ in range(5)]).sum().backward()
    np.testing.assert_array_equal(g.data, np.full(4, 5.0))
    assert len(added) == 4
    assert backward(p) == ["sum", "stack", *["part"] * 5]


# Layers


def test_rows_by_layer_have_paths_calls_and_their_own_operations() -> None:
    net = Net()
    with kt.profile() as p:
        net(kt.ones(2, 4)).backward()
        kt.ones(3)
    rows = {row.name: row for row in p.rows(by="layer", sort_by="name")}
    assert list(rows) == [
        "Net",
        "Net.blocks.0",
        "Net.blocks.1",
        "Net.blocks.1.0",
        "Net.blocks.1.1",
        "outside of layers",
    ]
    assert [row.calls for row in rows.values()] == [1, 1, 1, 1, 1, 0]
    assert rows["Net.blocks.1"].total == 0
    assert all(rows[name].backward > 0 for name in rows if name not in ("Net.blocks.1", "outside of layers"))
    assert sum(row.forward for row in rows.values()) == pytest.approx(sum(row.forward for row in p.rows()))
    assert sum(row.backward for row in rows.values()) == pytest.approx(sum(row.backward for row in p.rows()))
    by_name = {record.name: record.layer for record in p.records if record.kind == "backward"}
    assert by_name["tanh"] == "Net.blocks.1.1" and by_name["mean"] == "Net"


def test_modules_and_graphs_are_not_kept_alive() -> None:
    gc.collect()
    gc.disable()
    try:
        net = Net()
        with kt.profile() as p:
            loss = net(kt.ones(2, 4))
        gone = [weakref.ref(net), weakref.ref(loss), weakref.ref(loss.grad_fn)]
        del net, loss
        assert [one() for one in gone] == [None] * 3
        assert p.records
    finally:
        gc.enable()


# Optimizers


def test_calls_of_optim_are_rows_of_their_own() -> None:
    w = TrainableWeight(np.ones(3))
    with kt.profile() as p:
        state = optim.AdamState()
        for _ in range(2):
            gradients = optim.clip_by_norm((w.tensor() * 2.0).sum().backward(), 1.0)
            state = optim.adam(gradients, state)
    assert [record.name for record in p.records if record.kind == "optimizer"] == ["clip_by_norm", "adam"] * 2
    adam = row(p, "adam")
    assert (adam.calls, adam.forward, adam.backward) == (2, 0.0, 0.0)
    assert adam.optimizer == adam.total > 0
