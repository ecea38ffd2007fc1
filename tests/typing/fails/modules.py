"""Mistakes with models."""

from kytorch import Tensor, nn


class Net(nn.Module):
    def __init__(self) -> None:
        self.layers = nn.ModuleList([nn.Linear(2, 2)])
        self.scale = nn.Parameter([1.0])
        self.mean = nn.Buffer([0.0])

    def forward(self, x: Tensor) -> Tensor:
        x = x + self.mean  # error
        return x * self.scale  # error


model = Net()
x = Tensor([[1.0, 2.0]])
model("x")  # error
model()  # error
model(x, x)  # error
model.layers[0]("x")  # error
text: str = model(x)  # error
nn.Sequential(nn.Linear(2, 2), 3)  # error
nn.ModuleDict({"a": nn.Linear(2, 2)})[0]  # error
nn.Linear("2", 2)  # error
model.to("cuda", 1)  # error
nn.freeze(model.layers[0].weight)  # error
model.layers + [nn.ReLU()]  # error
model.load_state_dict([x])  # error
model.register_forward_hook(3)  # error
