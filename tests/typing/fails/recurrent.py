"""Each line marked with an error is refused, and no other."""
# ruff: noqa: B018

import numpy as np

from kytorch import Tensor, nn

x = Tensor(np.zeros((5, 2, 3), np.float32))
lstm, gru = nn.LSTM(3, 4), nn.GRU(3, 4)

lstm("x")  # error
lstm(x, x)  # error
lstm(x, [x, x])  # error
lstm(x).sum()  # error
lstm(x, lengths=2)  # error
lstm(x, steps=[5, 3])  # error
gru(x, (x, x))  # error
gru(x)[1][0].h  # error
nn.LSTMCell(3, 4)(x[0], x[0])  # error
nn.GRUCell(3, 4)(x[0], (x[0], x[0]))  # error
nn.RNN(3, 4, nonlinearity="sin")  # error
nn.RNN(3, 4, proj_size=2)  # error
nn.LSTM(3.0, 4)  # error
nn.LSTM(3, 4, dropout="0.1")  # error
nn.pad_sequence(np.ones(3))  # error
nn.unpad_sequence(x, lengths="53")  # error
