"""The workloads' losses over a library's NumPy, `np`; what the library has of its own its class overrides."""

import math
from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from benchmarks.workloads import w2, w4, w5

Arrays: TypeAlias = Mapping[str, Any]
"""Weights, or what is to be subtracted from them, by PyTorch's paths."""

_ROOT = math.sqrt(2 / math.pi)
_BLOCKED = -1e9  # the score of what comes later: no weight is left of it


class Models:
    """As a user writes them who has NumPy's functions and no layers."""

    def __init__(self, np: Any, constant: Callable[[float], Any] = float) -> None:
        self.np = np
        self.constant = constant
        """Makes of a number what does not widen float32."""

    def sigmoid(self, x: Any) -> Any:
        """1 / (1 + e^-x)."""
        return 0.5 * self.np.tanh(0.5 * x) + 0.5

    def relu(self, x: Any) -> Any:
        """max(x, 0)."""
        return self.np.maximum(x, 0.0)

    def gelu(self, x: Any) -> Any:
        """x (1 + tanh(r (x + c x^3))) / 2."""
        half, one, root, cubic = map(self.constant, (0.5, 1.0, _ROOT, 0.044715))
        return half * x * (one + self.np.tanh(root * (x + cubic * (x * x * x))))

    def softmax(self, x: Any) -> Any:
        """e^x over its sum, along the last dimension."""
        powers = self.np.exp(x - self.np.max(x, axis=-1, keepdims=True))
        return powers / self.np.sum(powers, axis=-1, keepdims=True)

    def cross_entropy(self, logits: Any, classes: Any) -> Any:
        """The mean over the rows."""
        logits = logits - self.np.max(logits, axis=-1, keepdims=True)
        told = logits[self.np.arange(len(classes)), classes]
        return self.np.mean(self.np.log(self.np.sum(self.np.exp(logits), axis=-1)) - told)

    def linear(self, p: Arrays, layer: str, x: Any) -> Any:
        """An affine map."""
        return self.np.matmul(x, p[f"{layer}.weight"].T) + p[f"{layer}.bias"]

    def w1(self, p: Arrays, x: Any, target: Any) -> Any:
        """Binary cross-entropy of two layers."""
        y, one = self.sigmoid(self.linear(p, "2", self.np.sin(self.linear(p, "0", x)))), self.constant(1.0)
        return -self.np.mean(target * self.np.log(y) + (one - target) * self.np.log(one - y))

    def perceptron(self, p: Arrays, x: Any) -> Any:
        """The logits of W2 and W9."""
        for i in range(len(w2.FEATURES) - 2):
            x = self.sigmoid(self.linear(p, f"{2 * i}", x))
        return self.linear(p, f"{2 * len(w2.FEATURES) - 4}", x)

    def w2(self, p: Arrays, x: Any, classes: Any) -> Any:
        """Cross-entropy of the perceptron."""
        return self.cross_entropy(self.perceptron(p, x), classes)

    def convolution(self, p: Arrays, layer: str, x: Any) -> Any:
        """5x5, as one product with every window of the images."""
        w, n = p[f"{layer}.weight"], x.shape[2] - 4
        windows = self.np.stack([x[:, :, i : i + n, j : j + n] for i in range(5) for j in range(5)], axis=2)
        y = self.np.tensordot(w.reshape(*w.shape[:2], 25), windows, axes=([1, 2], [1, 2]))
        return self.np.transpose(y, (1, 0, 2, 3)) + p[f"{layer}.bias"].reshape(-1, 1, 1)

    def pool(self, x: Any) -> Any:
        """The greatest of two by two."""
        batch, channels, height, width = x.shape
        return self.np.max(x.reshape(batch, channels, height // 2, 2, width // 2, 2), axis=(3, 5))

    def w3(self, p: Arrays, x: Any, classes: Any) -> Any:
        """Cross-entropy of LeNet."""
        for layer in ("0", "3"):
            x = self.pool(self.relu(self.convolution(p, layer, x)))
        x = self.relu(self.linear(p, "7", x.reshape(x.shape[0], -1)))
        return self.cross_entropy(self.linear(p, "9", x), classes)

    def norm(self, p: Arrays, layer: str, x: Any) -> Any:
        """Layer norm."""
        x = x - self.np.mean(x, axis=-1, keepdims=True)
        scale = self.np.sqrt(self.np.mean(x * x, axis=-1, keepdims=True) + self.constant(w4.NORM_EPS))
        return x / scale * p[f"{layer}.weight"] + p[f"{layer}.bias"]

    def attention(self, q: Any, k: Any, v: Any, later: Any) -> Any:
        """Of (batch, heads, length, width), without looking at what is later."""
        scores = self.np.matmul(q, self.np.swapaxes(k, 2, 3)) * self.constant(w4.HEAD**-0.5) + later
        return self.np.matmul(self.softmax(scores), v)

    def w4(self, p: Arrays, tokens: Any, targets: Any, later: Any) -> Any:
        """Cross-entropy of the GPT."""
        batch, length = tokens.shape
        x = p["token.weight"][tokens] + p["position.weight"]
        for i in range(w4.LAYERS):
            at = f"blocks.{i}"
            qkv = self.np.matmul(self.norm(p, f"{at}.norm1", x), p[f"{at}.qkv.weight"].T)
            heads = self.np.transpose(qkv.reshape(batch, length, 3, w4.HEADS, w4.HEAD), (2, 0, 3, 1, 4))
            y = self.np.transpose(self.attention(heads[0], heads[1], heads[2], later), (0, 2, 1, 3))
            x = x + self.linear(p, f"{at}.proj", y.reshape(batch, length, w4.WIDTH))
            x = x + self.linear(p, f"{at}.down", self.gelu(self.linear(p, f"{at}.up", self.norm(p, f"{at}.norm2", x))))
        logits = self.np.matmul(self.norm(p, "norm", x), p["head.weight"].T)
        return self.cross_entropy(logits.reshape(batch * length, w4.VOCABULARY), targets.reshape(-1))

    def lstm(self, gates: Any, w_hh: Any) -> Any:
        """The outputs of all steps, after what the inputs give to the gates, (time, batch, 4 hidden)."""
        h = c = self.np.zeros((gates.shape[1], w5.HIDDEN), gates.dtype)
        outputs = []
        for t in range(w5.STEPS):
            h, c = self.cell(gates[t] + self.np.matmul(h, w_hh.T), c)
            outputs.append(h)
        return self.np.stack(outputs)

    def cell(self, gates: Any, c: Any) -> tuple[Any, Any]:
        """The output and the memory of one step."""
        i, f, g, o = [gates[:, k * w5.HIDDEN : (k + 1) * w5.HIDDEN] for k in range(4)]
        c = self.sigmoid(f) * c + self.sigmoid(i) * self.np.tanh(g)
        return self.sigmoid(o) * self.np.tanh(c), c

    def w5(self, p: Arrays, x: Any, classes: Any) -> Any:
        """Cross-entropy of the LSTM."""
        gates = self.np.matmul(x, p["lstm.weight_ih_l0"].T) + p["lstm.bias_ih_l0"] + p["lstm.bias_hh_l0"]
        logits = self.linear(p, "linear", self.lstm(gates, p["lstm.weight_hh_l0"]))
        return self.cross_entropy(logits.reshape(-1, w5.CHARACTERS), classes)

    def adamw(self, p: Arrays, g: Arrays, means: Arrays, squares: Arrays, count: Any, how: Any) -> tuple[Arrays, ...]:
        """The weights, means and squares after a step; `how` has LR, BETAS, EPS and DECAY."""
        beta1, beta2 = how.BETAS
        means = {name: beta1 * means[name] + (1 - beta1) * g[name] for name in p}
        squares = {name: beta2 * squares[name] + (1 - beta2) * (g[name] * g[name]) for name in p}
        rate, root = how.LR / (1 - beta1**count), (1 - beta2**count) ** 0.5
        p = {
            name: (1 - how.LR * how.DECAY) * p[name]
            - rate * means[name] / (self.np.sqrt(squares[name]) / root + how.EPS)
            for name in p
        }
        return p, means, squares


def later(length: int) -> Any:
    """What is added to the scores of attention, (length, length)."""
    import numpy

    return numpy.triu(numpy.full((length, length), _BLOCKED, numpy.float32), 1)
