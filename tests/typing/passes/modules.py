"""Models as users write them."""

from kytorch import Tensor, TrainableWeight, nn
from kytorch.nn.functional import relu


class Net(nn.Module):
    def __init__(self, width: int) -> None:
        super().__init__()
        self.first = nn.Linear(2, width)
        self.layers = nn.ModuleList([nn.Linear(width, width) for _ in range(3)])
        self.mixed: nn.ModuleList[nn.Layer] = nn.ModuleList([nn.Linear(width, width), nn.Tanh()])
        self.heads = nn.ModuleDict({"a": nn.Linear(width, 1)})
        self.scale = nn.Parameter([1.0])
        self.mean = nn.Buffer([0.0])

    def forward(self, x: Tensor) -> Tensor:
        x = relu(self.first(x) - self.mean.tensor())
        for layer in self.layers:
            x = layer(x)
            width: int = layer.out_features
            assert width
        for any_layer in self.mixed:
            x = any_layer(x)
        return self.heads["a"](x) * self.scale.tensor()


model = Net(3)
x = Tensor([[1.0, 2.0]])
y: Tensor = model(x)
weights: dict[str, TrainableWeight] = nn.select_weights(model, "layers.*")
count: int = nn.count_weights(model)
nn.freeze(model, "first")
with nn.capture(model, "layers.0") as made:
    model(x)
hidden: Tensor = made["layers.0"]
handle = model.register_forward_hook(lambda module, args, output: output)
handle.remove()
first: nn.Linear = model.layers[0]
some: nn.ModuleList[nn.Linear] = model.layers[1:]
double: Net = model.double().eval().requires_grad_(False)
layers: nn.Sequential = nn.Sequential(model, nn.ReLU())
layers.append(nn.Tanh())
more: nn.Sequential = layers + nn.Sequential(nn.ReLU())
longer: nn.ModuleList[nn.Linear] = model.layers + [nn.Linear(3, 3)]
longer += [nn.Linear(3, 3)]
missing, unexpected = model.load_state_dict({}, strict=False)
names: list[str] = missing + unexpected
rows: Tensor = nn.Embedding(5, 3, sparse=True)(x)
