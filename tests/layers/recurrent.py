"""Rows of the recurrent layers and cells."""

import warnings

import numpy as np

from layers.table import layer, torch

SEQUENCES = [((3, 2, 3),), ((3, 3),), ((1, 1, 3),), ((2, 0, 3),)]
BATCH_FIRST = [((2, 3, 3),), ((3, 3),), ((1, 1, 3),), ((0, 2, 3),)]


def numbers(*shape):
    return np.random.default_rng(5).standard_normal(shape)


def projected_lstm(*arguments, **keywords):
    """PyTorch's, which warns that a library of its own does not do projections."""
    lstm = torch.nn.LSTM(*arguments, **keywords)
    forward = lstm.forward

    def quietly(*inputs):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return forward(*inputs)

    lstm.forward = quietly
    return lstm


for name in ("RNN", "LSTM", "GRU"):
    layer(name, 3, 4, inputs=SEQUENCES)
    layer(name, 3, 2, bias=False, inputs=SEQUENCES[:1])
    layer(name, 3, 2, num_layers=2, batch_first=True, inputs=BATCH_FIRST)
    layer(name, 3, 2, bidirectional=True, inputs=SEQUENCES)
    layer(name, 3, 2, 2, bidirectional=True, batch_first=True, bias=False, inputs=SEQUENCES[:2])
    layer(name, 3, 2, 3, dropout=0.3, inputs=SEQUENCES[:1], random=True)
    cell = f"{name}Cell"
    layer(cell, 3, 4, inputs=[((2, 3),), ((3,),), ((1, 3),), ((0, 3),)])
    layer(cell, 3, 2, bias=False, inputs=[((2, 3),), ((3,),)])
for name in ("RNN", "GRU"):
    layer(name, 3, 2, inputs=[((3, 2, 3), (1, 2, 2)), ((3, 3), (1, 2))], option="from a state")
    layer(name, 3, 2, 2, bidirectional=True, inputs=[((3, 2, 3), (4, 2, 2)), ((3, 3), (4, 2))], option="from states")
    layer(f"{name}Cell", 3, 2, inputs=[((2, 3), (2, 2)), ((3,), (2,))], option="from a state")
layer("RNN", 3, 2, 2, "relu", bidirectional=True, inputs=SEQUENCES[:2])
layer("RNNCell", 3, 2, nonlinearity="relu", inputs=[((2, 3),), ((3,),)])
layer("LSTM", 3, 4, proj_size=2, inputs=SEQUENCES, torch=projected_lstm)
layer(
    "LSTM",
    3,
    3,
    2,
    bias=False,
    proj_size=2,
    bidirectional=True,
    batch_first=True,
    inputs=SEQUENCES[:2],
    torch=projected_lstm,
)
layer("LSTM", 3, 2, inputs=SEQUENCES[:1], call={"hx": (numbers(1, 2, 2), numbers(1, 2, 2))}, option="from a state")
layer("LSTMCell", 3, 2, inputs=[((2, 3),)], call={"hx": (numbers(2, 2), numbers(2, 2))}, option="from a state")
