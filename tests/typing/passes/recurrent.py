"""Recurrent layers answer Tensors, and their calls have their forward's types."""

from typing import assert_type

import numpy as np

from kytorch import Tensor, TrainableWeight, nn

x, lengths = Tensor(np.zeros((5, 2, 3), np.float32)), Tensor([5, 3])
lstm, gru, rnn = nn.LSTM(3, 4, num_layers=2, bidirectional=True), nn.GRU(3, 4), nn.RNN(3, 4, nonlinearity="relu")

output, (h, c) = lstm(x)
assert_type(output, Tensor)
assert_type(h, Tensor)
assert_type(c, Tensor)
assert_type(lstm(x, (h, c), lengths=[5, 3]), tuple[Tensor, tuple[Tensor, Tensor]])
assert_type(gru(x), tuple[Tensor, Tensor])
assert_type(gru(x, Tensor(np.zeros((1, 2, 4), np.float32)), lengths=lengths), tuple[Tensor, Tensor])
assert_type(rnn(x, lengths=np.array([5, 3]))[0].sum(), Tensor)
assert_type(lstm.weight_ih_l0, TrainableWeight)

assert_type(nn.LSTMCell(3, 4)(x[0]), tuple[Tensor, Tensor])
assert_type(nn.GRUCell(3, 4)(x[0]), Tensor)
assert_type(nn.RNNCell(3, 4, nonlinearity="tanh")(x[0], None), Tensor)

padded = nn.pad_sequence([x[0], x[1]], batch_first=True)
assert_type(padded, Tensor)
assert_type(nn.unpad_sequence(padded, lengths, batch_first=True), list[Tensor])


class Tagger(nn.Module):
    def __init__(self) -> None:
        self.lstm = nn.LSTM(3, 4)
        self.linear = nn.Linear(4, 2)

    def forward(self, x: Tensor) -> Tensor:
        output, _ = self.lstm(x)
        return self.linear(output)


assert_type(Tagger()(x), Tensor)
