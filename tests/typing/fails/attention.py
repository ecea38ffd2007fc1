"""Wrong uses of attention and of the transformer."""

from kytorch import Tensor, TrainableWeight, nn
from kytorch.nn import functional

x = Tensor([[0.0] * 8])
weight = TrainableWeight(x)
attention = nn.MultiheadAttention(8, 2)

functional.scaled_dot_product_attention(weight, x, x)  # error
functional.scaled_dot_product_attention(x, x, x, is_causal="yes")  # error
functional.scaled_dot_product_attention(x, x)  # error
attention(x, x, "x")  # error
attention(x, x, x).sum()  # error
attention(x, x, x)[1].sum()  # error
nn.MultiheadAttention(8)  # error
nn.TransformerEncoderLayer(8, 2, activation="tanh")  # error
nn.TransformerEncoder(nn.Linear(8, 8), 2)  # error
nn.Transformer(custom_encoder=nn.Linear(8, 8))  # error
nn.TransformerEncoder(nn.TransformerEncoderLayer(8, 2), 2).step(x, nn.KeyValueCache())  # error
nn.KeyValueCache().append(x)  # error
functional.rotary_positions(x, offset=0.5)  # error
nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2), 2).step(x, x, (nn.KeyValueCache(),))  # error
nn.TransformerDecoder(nn.TransformerDecoderLayer(8, 2), 2).step(x)  # error
