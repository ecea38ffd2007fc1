"""Modules, layers and losses, named as in torch.nn."""

from kytorch.nn import functional, init
from kytorch.nn.activations.exponential import CELU, ELU, SELU
from kytorch.nn.activations.gelu import GELU
from kytorch.nn.activations.glu import GLU
from kytorch.nn.activations.leaky import LeakyReLU, PReLU, RReLU
from kytorch.nn.activations.rectifiers import Hardtanh, ReLU, ReLU6, Threshold
from kytorch.nn.activations.shrink import Hardshrink, Softshrink, Tanhshrink
from kytorch.nn.activations.sigmoids import Hardsigmoid, Hardswish, LogSigmoid, Mish, Sigmoid, SiLU
from kytorch.nn.activations.soft import Sin, Softplus, Softsign, Tanh
from kytorch.nn.activations.softmax import LogSoftmax, Softmax, Softmax2d, Softmin
from kytorch.nn.attention.cache import KeyValueCache
from kytorch.nn.attention.multihead import MultiheadAttention
from kytorch.nn.attention.positions import RotaryPositions, SinusoidalPositions
from kytorch.nn.bilinear import Bilinear
from kytorch.nn.buffer import Buffer
from kytorch.nn.capture import Captured, capture
from kytorch.nn.containers import Layer, ModuleDict, ModuleList, ParameterDict, ParameterList, Sequential
from kytorch.nn.convolution.conv import Conv1d, Conv2d, Conv3d
from kytorch.nn.convolution.conv_transpose import ConvTranspose1d, ConvTranspose2d, ConvTranspose3d
from kytorch.nn.convolution.fold import Fold, Unfold
from kytorch.nn.distance import CosineSimilarity, PairwiseDistance
from kytorch.nn.dropout import AlphaDropout, Dropout, Dropout1d, Dropout2d, Dropout3d, FeatureAlphaDropout
from kytorch.nn.embedding import Embedding
from kytorch.nn.embedding_bag import EmbeddingBag
from kytorch.nn.hooks import RemovableHandle
from kytorch.nn.linear import Linear
from kytorch.nn.losses.adaptive_softmax import AdaptiveLogSoftmaxWithLoss
from kytorch.nn.losses.bce import BCELoss, BCEWithLogitsLoss
from kytorch.nn.losses.cross_entropy import CrossEntropyLoss
from kytorch.nn.losses.ctc import CTCLoss
from kytorch.nn.losses.differences import HuberLoss, L1Loss, MSELoss, SmoothL1Loss
from kytorch.nn.losses.embedding import CosineEmbeddingLoss, TripletMarginLoss, TripletMarginWithDistanceLoss
from kytorch.nn.losses.likelihood import GaussianNLLLoss, KLDivLoss, PoissonNLLLoss
from kytorch.nn.losses.linear_cross_entropy import LinearCrossEntropyLoss
from kytorch.nn.losses.margin import (
    HingeEmbeddingLoss,
    MarginRankingLoss,
    MultiLabelMarginLoss,
    MultiLabelSoftMarginLoss,
    MultiMarginLoss,
    SoftMarginLoss,
)
from kytorch.nn.losses.nll import NLLLoss
from kytorch.nn.module import Module
from kytorch.nn.normalization.batch_norm import BatchNorm1d, BatchNorm2d, BatchNorm3d
from kytorch.nn.normalization.group_norm import GroupNorm
from kytorch.nn.normalization.instance_norm import InstanceNorm1d, InstanceNorm2d, InstanceNorm3d
from kytorch.nn.normalization.layer_norm import LayerNorm
from kytorch.nn.normalization.local_response_norm import LocalResponseNorm
from kytorch.nn.normalization.rms_norm import RMSNorm
from kytorch.nn.padding import (
    CircularPad1d,
    CircularPad2d,
    CircularPad3d,
    ConstantPad1d,
    ConstantPad2d,
    ConstantPad3d,
    ReflectionPad1d,
    ReflectionPad2d,
    ReflectionPad3d,
    ReplicationPad1d,
    ReplicationPad2d,
    ReplicationPad3d,
    ZeroPad1d,
    ZeroPad2d,
    ZeroPad3d,
)
from kytorch.nn.pooling.adaptive_pool import (
    AdaptiveAvgPool1d,
    AdaptiveAvgPool2d,
    AdaptiveAvgPool3d,
    AdaptiveMaxPool1d,
    AdaptiveMaxPool2d,
    AdaptiveMaxPool3d,
)
from kytorch.nn.pooling.average_pool import AvgPool1d, AvgPool2d, AvgPool3d
from kytorch.nn.pooling.fractional_max_pool import FractionalMaxPool2d, FractionalMaxPool3d
from kytorch.nn.pooling.lp_pool import LPPool1d, LPPool2d, LPPool3d
from kytorch.nn.pooling.max_pool import MaxPool1d, MaxPool2d, MaxPool3d
from kytorch.nn.pooling.max_unpool import MaxUnpool1d, MaxUnpool2d, MaxUnpool3d
from kytorch.nn.recurrent.cells import GRUCell, LSTMCell, RNNCell
from kytorch.nn.recurrent.gru import GRU
from kytorch.nn.recurrent.lstm import LSTM
from kytorch.nn.recurrent.padding import pad_sequence, unpad_sequence
from kytorch.nn.recurrent.rnn import RNN
from kytorch.nn.resampling.pixel_shuffle import ChannelShuffle, PixelShuffle, PixelUnshuffle
from kytorch.nn.resampling.upsample import Upsample, UpsamplingBilinear2d, UpsamplingNearest2d
from kytorch.nn.reshaping import Flatten, Identity, Unflatten
from kytorch.nn.summary import Summary, SummaryRow, summary
from kytorch.nn.transformer.decoder import DecoderCache, TransformerDecoder, TransformerDecoderLayer
from kytorch.nn.transformer.encoder import TransformerEncoder, TransformerEncoderLayer
from kytorch.nn.transformer.transformer import Transformer
from kytorch.nn.weights import count_weights, freeze, group_weights, select_weights, unfreeze
from kytorch.tensor.core import TrainableWeight as Parameter

# fmt: off
__all__ = [
    "CELU", "ELU", "GELU", "GLU", "GRU", "LSTM", "RNN", "SELU", "AdaptiveAvgPool1d", "AdaptiveAvgPool2d",
    "AdaptiveAvgPool3d", "AdaptiveLogSoftmaxWithLoss", "AdaptiveMaxPool1d", "AdaptiveMaxPool2d", "AdaptiveMaxPool3d",
    "AlphaDropout", "AvgPool1d", "AvgPool2d", "AvgPool3d", "BCELoss", "BCEWithLogitsLoss", "BatchNorm1d",
    "BatchNorm2d", "BatchNorm3d", "Bilinear", "Buffer", "CTCLoss", "Captured", "ChannelShuffle", "CircularPad1d",
    "CircularPad2d", "CircularPad3d", "ConstantPad1d", "ConstantPad2d", "ConstantPad3d", "Conv1d", "Conv2d", "Conv3d",
    "ConvTranspose1d", "ConvTranspose2d", "ConvTranspose3d", "CosineEmbeddingLoss", "CosineSimilarity",
    "CrossEntropyLoss", "DecoderCache", "Dropout", "Dropout1d", "Dropout2d", "Dropout3d", "Embedding", "EmbeddingBag",
    "FeatureAlphaDropout", "Flatten", "Fold", "FractionalMaxPool2d", "FractionalMaxPool3d", "GRUCell",
    "GaussianNLLLoss", "GroupNorm", "Hardshrink", "Hardsigmoid", "Hardswish", "Hardtanh", "HingeEmbeddingLoss",
    "HuberLoss", "Identity", "InstanceNorm1d", "InstanceNorm2d", "InstanceNorm3d", "KLDivLoss", "KeyValueCache",
    "L1Loss", "LPPool1d", "LPPool2d", "LPPool3d", "LSTMCell", "Layer", "LayerNorm", "LeakyReLU", "Linear",
    "LinearCrossEntropyLoss", "LocalResponseNorm", "LogSigmoid", "LogSoftmax", "MSELoss", "MarginRankingLoss",
    "MaxPool1d", "MaxPool2d", "MaxPool3d", "MaxUnpool1d", "MaxUnpool2d", "MaxUnpool3d", "Mish", "Module",
    "ModuleDict", "ModuleList", "MultiLabelMarginLoss", "MultiLabelSoftMarginLoss", "MultiMarginLoss",
    "MultiheadAttention", "NLLLoss", "PReLU", "PairwiseDistance", "Parameter", "ParameterDict", "ParameterList",
    "PixelShuffle", "PixelUnshuffle", "PoissonNLLLoss", "RMSNorm", "RNNCell", "RReLU", "ReLU", "ReLU6",
    "ReflectionPad1d", "ReflectionPad2d", "ReflectionPad3d", "RemovableHandle", "ReplicationPad1d",
    "ReplicationPad2d", "ReplicationPad3d", "RotaryPositions", "Sequential", "SiLU", "Sigmoid", "Sin",
    "SinusoidalPositions", "SmoothL1Loss", "SoftMarginLoss", "Softmax", "Softmax2d", "Softmin", "Softplus",
    "Softshrink", "Softsign", "Summary", "SummaryRow", "Tanh", "Tanhshrink", "Threshold", "Transformer",
    "TransformerDecoder", "TransformerDecoderLayer", "TransformerEncoder", "TransformerEncoderLayer",
    "TripletMarginLoss", "TripletMarginWithDistanceLoss", "Unflatten", "Unfold", "Upsample", "UpsamplingBilinear2d",
    "UpsamplingNearest2d", "ZeroPad1d", "ZeroPad2d", "ZeroPad3d", "capture", "count_weights", "freeze", "functional",
    "group_weights", "init", "pad_sequence", "select_weights", "summary", "unfreeze", "unpad_sequence",
]
# fmt: on
