"""The parts of a list of gradients that belong to parts of a model."""

import numpy as np
import pytest
from test_transforms import gradients_of, model_and_batch

from kytorch import Tensor, TrainableWeight, nn
from kytorch.optim import AdamState, adamw, add, select, split


def test_select_chooses_by_the_weights_paths():
    model, x, y = model_and_batch()
    gradients = gradients_of(model, x, y)
    paths = {weight: path for path, weight in model.named_weights()}
    chosen = lambda *patterns: [paths[weight] for _, weight in select(gradients, model, *patterns)]
    listed = [paths[weight] for _, weight in gradients]
    assert sorted(listed) == ["0.bias", "0.weight", "2.bias", "2.weight"]
    assert chosen() == listed
    assert chosen("0") == [path for path in listed if path.startswith("0")]
    assert chosen("*.bias") == [path for path in listed if path.endswith("bias")]
    assert chosen("2.bias", "0") == [path for path in listed if path != "2.weight"]
    with pytest.raises(ValueError, match="'encoder' matches no weight"):
        chosen("encoder")
    with pytest.raises(TypeError, match="each a str, not list"):
        chosen(["0", "2"])


def test_select_leaves_other_models_weights_out():
    (one, x, y), (other, _, _) = model_and_batch(), model_and_batch()
    both = add(gradients_of(one, x, y), gradients_of(other, x, y))
    assert select(both, one) == both[:4] and select(both, other) == both[4:]


def test_split_puts_every_gradient_in_the_first_group_that_matches():
    model, x, y = model_and_batch()
    gradients = gradients_of(model, x, y)
    parts = split(gradients, model, {"none": "0.bias", "bias": ["*.bias"], "rest": "*", "never": "*"})
    paths = {weight: path for path, weight in model.named_weights()}
    named = {name: sorted(paths[weight] for _, weight in part) for name, part in parts.items()}
    assert named == {"none": ["0.bias"], "bias": ["2.bias"], "rest": ["0.weight", "2.weight"], "never": []}
    assert {id(g) for part in parts.values() for g, _ in part} == {id(g) for g, _ in gradients}


def test_split_refuses_to_forget_a_weight():
    model, x, y = model_and_batch()
    with pytest.raises(ValueError, match=r"split: 0\.weight is in no group"):
        split(gradients_of(model, x, y), model, {"bias": "*.bias"})
    with pytest.raises(ValueError, match=r"split: weight 0, of shape \(2, 3\), is none of the model's"):
        split([(Tensor(np.zeros((2, 3))), TrainableWeight(np.zeros((2, 3))))], model, {"all": "*"})


def test_parts_with_their_own_options_move_as_they_would_alone():
    model, x, y = model_and_batch()
    own = {"decay": {"lr": 0.1, "weight_decay": 0.5}, "no decay": {"lr": 0.01, "weight_decay": 0.0}}
    states = dict.fromkeys(own, AdamState())
    alone, _, _ = model_and_batch()
    other = AdamState()
    for _ in range(3):
        parts = split(gradients_of(model, x, y), model, {"no decay": "*.bias", "decay": "*"})
        other = adamw(select(gradients_of(alone, x, y), alone, "*.weight"), other, **own["decay"])
        states = {name: adamw(part, states[name], **own[name]) for name, part in parts.items()}
        for (path, weight), bias in zip(model.named_weights(), alone.weights()):
            if path.endswith("bias"):
                bias.update(weight.data)
            np.testing.assert_array_equal(weight.data, bias.data)


@pytest.mark.parametrize("wrong", [Tensor(1.0), None, [(Tensor(1.0),)], [3], {}])
def test_what_is_no_list_of_gradients_is_refused(wrong):
    for call in (lambda g: select(g, nn.Linear(1, 1)), lambda g: split(g, nn.Linear(1, 1), {"all": "*"})):
        with pytest.raises(TypeError, match=r"backward\(\)"):
            call(wrong)


def test_what_is_no_model_is_refused():
    with pytest.raises(TypeError, match="select: model is to be a Module, not str"):
        select([], "encoder.*")
    with pytest.raises(TypeError, match="split: model is to be a Module, not list"):
        split([], list(nn.Linear(1, 1).parameters()), {"all": "*"})


def test_groups_that_are_no_dict_are_refused():
    with pytest.raises(TypeError, match="a dict from names to patterns, not list"):
        split([], nn.Linear(1, 1), ["*"])
