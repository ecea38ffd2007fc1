"""The first lesson: two layers learn five examples, one at a time, by gradient descent."""

import numpy as np

from kytorch import Tensor, float64, nn, optim

inputs = Tensor([[1, 3, 5], [1, 9, 5], [1, 2, 5], [0, 9, 5], [0, 0, 5]], dtype=float64)
targets = Tensor([[1, 0, 0, 0], [1, 0, 0, 0], [1, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0]], dtype=float64)

model = nn.Sequential(nn.Linear(3, 2, dtype=float64), nn.Sin(), nn.Linear(2, 4, dtype=float64), nn.Sigmoid())
loss_function = nn.BCELoss(reduction="sum")

np.random.seed(42)
for weight in model.weights():
    weight.update(np.random.randn(*weight.shape))

for epoch in range(2000):
    losses = []
    for x, target in zip(inputs, targets):
        loss = loss_function(model(x), target)
        # backward() changes nothing: it returns each weight's gradient, and the optimizer takes the list.
        optim.gradient_descent(loss.backward(), lr=0.1)
        losses.append(loss.item())
    if epoch % 100 == 0:
        print(f"Epoch {epoch}: Loss: {sum(losses) / targets.size}")
