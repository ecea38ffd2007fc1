"""What the tests of profiles share."""

import time

import numpy as np

import kytorch as kt
from kytorch import A, InputGradFn, Tensor, TrainableWeight, nn
from kytorch.profiling import Row


def live(*shape: int) -> Tensor:
    return TrainableWeight(np.linspace(0.5, 1.5, int(np.prod(shape))).reshape(shape).astype(np.float32)).tensor()


def row(p: kt.profile, name: str) -> Row:
    return next(row for row in p.rows() if row.name == name)


def calls(p: kt.profile) -> dict[str, int]:
    return {row.name: row.calls for row in p.rows()}


def forward(p: kt.profile) -> list[str]:
    return [record.name for record in p.records if record.kind == "forward"]


def backward(p: kt.profile) -> list[str]:
    return [record.name for record in p.records if record.kind == "backward"]


class Halve(InputGradFn):
    """y = x / 2, slowly."""

    def vjp(self, g: A, x: A) -> A:
        time.sleep(0.004)
        return g / 2.0


def pause(seconds: float) -> None:
    time.sleep(seconds)


def halved(x: Tensor) -> Tensor:
    pause(0.006)
    return Halve().record(np.linalg.norm(x.data) * 0 + x.data / 2, x)


class Net(nn.Module):
    def __init__(self) -> None:
        self.blocks = nn.ModuleList([nn.Linear(4, 4), nn.Sequential(nn.Linear(4, 4), nn.Tanh())])

    def forward(self, x: Tensor) -> Tensor:
        for block in self.blocks:
            x = block(x)
        return x.square().mean()
