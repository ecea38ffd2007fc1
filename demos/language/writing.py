"""Writing with a model of characters."""

import numpy as np

import kytorch as kt
from kytorch import Tensor
from language.models import Read


@kt.no_grad()
def write(read: Read, prompt: Tensor, length: int, temperature: float, generator: np.random.Generator) -> list[int]:
    """`length` characters that follow `prompt` (n,), each drawn with its probability to the power 1 / temperature."""
    written: list[int] = []
    tokens = prompt[None]
    for _ in range(length):
        logits, read = read(tokens)
        chances = (logits[0, -1] / temperature).softmax(0)
        drawn = kt.multinomial(chances, 1, generator=generator)
        written.append(int(drawn.item()))
        tokens = drawn[None]
    return written
