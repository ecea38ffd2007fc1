"""Layers and losses as functions of Tensors."""

from kytorch.nn.activations.exponential import celu, elu, selu
from kytorch.nn.activations.gelu import gelu
from kytorch.nn.activations.glu import glu
from kytorch.nn.activations.leaky import leaky_relu, prelu, rrelu
from kytorch.nn.activations.rectifiers import hardtanh, relu, relu6, threshold
from kytorch.nn.activations.shrink import hardshrink, softshrink, tanhshrink
from kytorch.nn.activations.sigmoids import hardsigmoid, hardswish, logsigmoid, mish, silu
from kytorch.nn.activations.soft import softsign
from kytorch.nn.activations.softmax import gumbel_softmax, log_softmax, softmax, softmin
from kytorch.nn.attention.positions import rotary_positions, sinusoidal_positions
from kytorch.nn.attention.scaled_dot_product import scaled_dot_product_attention
from kytorch.nn.bilinear import bilinear
from kytorch.nn.convolution.conv import conv1d, conv2d, conv3d
from kytorch.nn.convolution.conv_transpose import conv_transpose1d, conv_transpose2d, conv_transpose3d
from kytorch.nn.convolution.fold import fold, unfold
from kytorch.nn.distance import cosine_similarity, pairwise_distance, pdist
from kytorch.nn.dropout import alpha_dropout, dropout, dropout1d, dropout2d, dropout3d, feature_alpha_dropout
from kytorch.nn.embedding import embedding
from kytorch.nn.embedding_bag import embedding_bag
from kytorch.nn.linear import linear
from kytorch.nn.losses.bce import binary_cross_entropy, binary_cross_entropy_with_logits
from kytorch.nn.losses.cross_entropy import cross_entropy
from kytorch.nn.losses.ctc import ctc_loss
from kytorch.nn.losses.differences import huber_loss, l1_loss, mse_loss, smooth_l1_loss
from kytorch.nn.losses.embedding import cosine_embedding_loss, triplet_margin_loss, triplet_margin_with_distance_loss
from kytorch.nn.losses.likelihood import gaussian_nll_loss, kl_div, poisson_nll_loss
from kytorch.nn.losses.linear_cross_entropy import linear_cross_entropy
from kytorch.nn.losses.margin import (
    hinge_embedding_loss,
    margin_ranking_loss,
    multi_margin_loss,
    multilabel_margin_loss,
    multilabel_soft_margin_loss,
    soft_margin_loss,
)
from kytorch.nn.losses.nll import nll_loss
from kytorch.nn.normalization.batch_norm import batch_norm
from kytorch.nn.normalization.group_norm import group_norm
from kytorch.nn.normalization.instance_norm import instance_norm
from kytorch.nn.normalization.layer_norm import layer_norm
from kytorch.nn.normalization.local_response_norm import local_response_norm
from kytorch.nn.normalization.normalize import normalize
from kytorch.nn.normalization.rms_norm import rms_norm
from kytorch.nn.pooling.adaptive_pool import (
    adaptive_avg_pool1d,
    adaptive_avg_pool2d,
    adaptive_avg_pool3d,
    adaptive_max_pool1d,
    adaptive_max_pool1d_with_indices,
    adaptive_max_pool2d,
    adaptive_max_pool2d_with_indices,
    adaptive_max_pool3d,
    adaptive_max_pool3d_with_indices,
)
from kytorch.nn.pooling.average_pool import avg_pool1d, avg_pool2d, avg_pool3d
from kytorch.nn.pooling.fractional_max_pool import (
    fractional_max_pool2d,
    fractional_max_pool2d_with_indices,
    fractional_max_pool3d,
    fractional_max_pool3d_with_indices,
)
from kytorch.nn.pooling.lp_pool import lp_pool1d, lp_pool2d, lp_pool3d
from kytorch.nn.pooling.max_pool import (
    max_pool1d,
    max_pool1d_with_indices,
    max_pool2d,
    max_pool2d_with_indices,
    max_pool3d,
    max_pool3d_with_indices,
)
from kytorch.nn.pooling.max_unpool import max_unpool1d, max_unpool2d, max_unpool3d
from kytorch.nn.resampling.grid_sample import affine_grid, grid_sample
from kytorch.nn.resampling.pixel_shuffle import channel_shuffle, pixel_shuffle, pixel_unshuffle
from kytorch.nn.resampling.upsample import interpolate, upsample, upsample_bilinear, upsample_nearest
from kytorch.ops.activation import sigmoid, softplus
from kytorch.ops.hyperbolic import tanh
from kytorch.ops.one_hot import one_hot
from kytorch.ops.pad import pad

# fmt: off
__all__ = [
    "adaptive_avg_pool1d", "adaptive_avg_pool2d", "adaptive_avg_pool3d", "adaptive_max_pool1d",
    "adaptive_max_pool1d_with_indices", "adaptive_max_pool2d", "adaptive_max_pool2d_with_indices",
    "adaptive_max_pool3d", "adaptive_max_pool3d_with_indices", "affine_grid", "alpha_dropout", "avg_pool1d",
    "avg_pool2d", "avg_pool3d", "batch_norm", "bilinear", "binary_cross_entropy", "binary_cross_entropy_with_logits",
    "celu", "channel_shuffle", "conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d",
    "conv_transpose3d", "cosine_embedding_loss", "cosine_similarity", "cross_entropy", "ctc_loss", "dropout",
    "dropout1d", "dropout2d", "dropout3d", "elu", "embedding", "embedding_bag", "feature_alpha_dropout", "fold",
    "fractional_max_pool2d", "fractional_max_pool2d_with_indices", "fractional_max_pool3d",
    "fractional_max_pool3d_with_indices", "gaussian_nll_loss", "gelu", "glu", "grid_sample", "group_norm",
    "gumbel_softmax", "hardshrink", "hardsigmoid", "hardswish", "hardtanh", "hinge_embedding_loss", "huber_loss",
    "instance_norm", "interpolate", "kl_div", "l1_loss", "layer_norm", "leaky_relu", "linear", "linear_cross_entropy",
    "local_response_norm", "log_softmax", "logsigmoid", "lp_pool1d", "lp_pool2d", "lp_pool3d", "margin_ranking_loss",
    "max_pool1d", "max_pool1d_with_indices", "max_pool2d", "max_pool2d_with_indices", "max_pool3d",
    "max_pool3d_with_indices", "max_unpool1d", "max_unpool2d", "max_unpool3d", "mish", "mse_loss",
    "multi_margin_loss", "multilabel_margin_loss", "multilabel_soft_margin_loss", "nll_loss", "normalize", "one_hot",
    "pad", "pairwise_distance", "pdist", "pixel_shuffle", "pixel_unshuffle", "poisson_nll_loss", "prelu", "relu",
    "relu6", "rms_norm", "rotary_positions", "rrelu", "scaled_dot_product_attention", "selu", "sigmoid", "silu",
    "sinusoidal_positions", "smooth_l1_loss", "soft_margin_loss", "softmax", "softmin", "softplus", "softshrink",
    "softsign", "tanh", "tanhshrink", "threshold", "triplet_margin_loss", "triplet_margin_with_distance_loss",
    "unfold", "upsample", "upsample_bilinear", "upsample_nearest",
]
# fmt: on
