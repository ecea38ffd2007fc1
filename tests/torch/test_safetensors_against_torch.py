"""State dicts between PyTorch and kytorch, both ways, as .safetensors: the outputs are equal."""

import numpy as np
import pytest

import kytorch as kt
from kytorch import nn, optim
from kytorch.checkpoint import CheckpointError, load, save

torch = pytest.importorskip("torch")
format = pytest.importorskip("safetensors.torch")


class Ours(nn.Module):
    def __init__(self):
        self.embed = nn.Embedding(7, 8)
        self.conv = nn.Conv1d(8, 6, 3, padding=1)
        self.norm = nn.BatchNorm1d(6)
        self.lstm = nn.LSTM(6, 5, batch_first=True)
        self.layers = nn.ModuleList([nn.Linear(5, 5), nn.LayerNorm(5)])
        self.attention = nn.MultiheadAttention(5, 1, batch_first=True)
        self.head = nn.Linear(5, 7)

    def forward(self, x):
        x = self.norm(self.conv(self.embed(x).permute((0, 2, 1)))).permute((0, 2, 1))
        x, _ = self.lstm(x)
        for layer in self.layers:
            x = layer(x)
        x, _ = self.attention(x, x, x)
        return self.head(x)


class Theirs(torch.nn.Module):
    def __init__(self):
        super().__init__()
        self.embed = torch.nn.Embedding(7, 8)
        self.conv = torch.nn.Conv1d(8, 6, 3, padding=1)
        self.norm = torch.nn.BatchNorm1d(6)
        self.lstm = torch.nn.LSTM(6, 5, batch_first=True)
        self.layers = torch.nn.ModuleList([torch.nn.Linear(5, 5), torch.nn.LayerNorm(5)])
        self.attention = torch.nn.MultiheadAttention(5, 1, batch_first=True)
        self.head = torch.nn.Linear(5, 7)

    forward = Ours.forward


TOKENS = np.random.default_rng(0).integers(0, 7, (4, 9))


def pair(dtype=np.float64):
    """Two models of other weights, which have met data in training."""
    ours, theirs = Ours().to(dtype), Theirs().to(torch.float64 if dtype == np.float64 else torch.float32)
    ours(kt.Tensor(TOKENS)), theirs(torch.from_numpy(TOKENS))
    return ours.eval(), theirs.eval()


def outputs(ours, theirs):
    return ours(kt.Tensor(TOKENS)).numpy(), theirs(torch.from_numpy(TOKENS)).detach().numpy()


def assert_equal_outputs(ours, theirs):
    a, b = outputs(ours, theirs)
    np.testing.assert_allclose(a, b, rtol=1e-12, atol=1e-12)


def assert_equal_states(ours, theirs):
    state = {name: tensor.numpy() for name, tensor in theirs.state_dict().items()}
    assert set(ours.state_dict()) == set(state)
    for name, array in ours.state_dict().items():
        np.testing.assert_array_equal(array, state[name], strict=True)


def test_pytorch_loads_what_kytorch_saved(tmp_path):
    ours, theirs = pair()
    assert not np.allclose(*outputs(ours, theirs))
    save(ours, tmp_path / "m.safetensors", metadata={"epoch": 3})
    theirs.load_state_dict(format.load_file(tmp_path / "m.safetensors"))
    assert_equal_states(ours, theirs)
    assert_equal_outputs(ours, theirs)


def test_kytorch_loads_what_pytorch_saved(tmp_path):
    ours, theirs = pair()
    format.save_file(theirs.state_dict(), tmp_path / "m.safetensors", metadata={"format": "pt"})
    assert load(ours, tmp_path / "m.safetensors").metadata == {"format": "pt"}
    assert_equal_states(ours, theirs)
    assert_equal_outputs(ours, theirs)


@pytest.mark.parametrize("dtype", ["bfloat16", "float16"])
def test_kytorch_loads_a_model_of_lower_precision_exactly(tmp_path, dtype):
    ours, theirs = pair(np.float32)
    theirs = theirs.to(getattr(torch, dtype))
    format.save_file(theirs.state_dict(), tmp_path / "m.safetensors")
    load(ours, tmp_path / "m.safetensors")
    assert_equal_states(ours, theirs.to(torch.float32))


def test_weights_that_pytorch_shares_load(tmp_path):
    """save_model writes a shared tensor once, and notes its other name."""
    theirs = torch.nn.Sequential(torch.nn.Embedding(5, 3), torch.nn.Linear(3, 5, bias=False))
    theirs[1].weight = theirs[0].weight
    format.save_model(theirs, tmp_path / "m.safetensors")
    ours = nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 5, bias=False))
    ours[1].weight = ours[0].weight
    load(ours, tmp_path / "m.safetensors")
    assert_equal_states(ours, theirs)
    ours[0].weight.update(ours[0].weight.data * 2)
    save(ours, tmp_path / "back.safetensors")
    theirs.load_state_dict(format.load_file(tmp_path / "back.safetensors"))
    assert_equal_states(ours, theirs)


def test_a_training_goes_on_in_kytorch_from_pytorchs_weights(tmp_path):
    """The file of kytorch's that has an optimizer's state too is no state dict alone."""
    ours, theirs = pair(np.float32)
    format.save_file(theirs.state_dict(), tmp_path / "m.safetensors")
    load(ours.train(), tmp_path / "m.safetensors")
    loss = nn.functional.cross_entropy(ours(kt.Tensor(TOKENS)).reshape(-1, 7), kt.Tensor(TOKENS).reshape(-1))
    state = optim.adam(loss.backward(), optim.AdamState())
    save(ours, tmp_path / "m.safetensors", optimizer=state)
    found = format.load_file(tmp_path / "m.safetensors")
    missing, unexpected = theirs.load_state_dict(found, strict=False)
    assert not missing and all(name.startswith("optimizer/") for name in unexpected)
    assert_equal_states(ours, theirs)


@pytest.mark.parametrize("zipped", [True, False])
@pytest.mark.parametrize("name", ["m.pt", "m.safetensors", "m.npz"])
def test_a_pt_file_is_refused_with_what_to_do(tmp_path, zipped, name):
    torch.save(Theirs().state_dict(), tmp_path / name, _use_new_zipfile_serialization=zipped)
    with pytest.raises(CheckpointError, match=r"a pickle, as PyTorch's \.pt files are.*safetensors\.torch\.save_file"):
        load(Ours(), tmp_path / name)
