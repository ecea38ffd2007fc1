"""Losses have precise types."""

from typing import assert_type

import numpy as np

from kytorch import Tensor, nn

functional = nn.functional
x = Tensor([[0.5, 0.25], [0.75, 0.5]])
labels = Tensor([0, 1])
weight = Tensor([1.0, 2.0])

assert_type(nn.MSELoss("sum")(x, x), Tensor)
assert_type(nn.HuberLoss("none", 0.5)(x, x), Tensor)
assert_type(nn.SmoothL1Loss(beta=0.5)(x, x), Tensor)
assert_type(nn.BCELoss(weight, reduction="sum")(x, x), Tensor)
assert_type(nn.BCEWithLogitsLoss(pos_weight=weight)(x, x), Tensor)
assert_type(nn.CrossEntropyLoss(weight, ignore_index=-1, label_smoothing=0.1)(x, labels), Tensor)
assert_type(nn.CrossEntropyLoss().weight, nn.Buffer | None)
assert_type(nn.LinearCrossEntropyLoss(2, 2, bias=True)(x, labels), Tensor)
assert_type(functional.linear_cross_entropy(x, x, labels, linear_bias=weight), Tensor)
assert_type(nn.NLLLoss(weight)(x, labels), Tensor)
assert_type(nn.KLDivLoss("batchmean", log_target=True)(x, x), Tensor)
assert_type(nn.PoissonNLLLoss(False, True)(x, x), Tensor)
assert_type(nn.GaussianNLLLoss(full=True)(x, x, x), Tensor)
assert_type(nn.GaussianNLLLoss()(x, x, 0.5), Tensor)
assert_type(nn.MultiMarginLoss(2, 0.5, weight)(x, labels), Tensor)
assert_type(nn.TripletMarginLoss(2.0, swap=True)(x, x, x), Tensor)
assert_type(nn.TripletMarginWithDistanceLoss(distance_function=lambda a, b: (a - b).abs().sum(-1))(x, x, x), Tensor)
assert_type(nn.CosineEmbeddingLoss(0.1)(x, x, labels), Tensor)
assert_type(nn.CTCLoss(blank=1, zero_infinity=True)(x, labels, [2], Tensor([1])), Tensor)
adaptive = nn.AdaptiveLogSoftmaxWithLoss(8, 12, [3, 7], dtype=np.float64)
assert_type(adaptive(x, labels).loss, Tensor)
assert_type(adaptive.log_prob(x), Tensor)
assert_type(nn.CosineSimilarity(0)(x, x), Tensor)

assert_type(functional.mse_loss(x, x, "none", weight=x), Tensor)
assert_type(functional.cross_entropy(x, labels, weight, label_smoothing=0.1, reduction="sum"), Tensor)
assert_type(functional.kl_div(x, x, "batchmean"), Tensor)
assert_type(functional.ctc_loss(x, labels, (2,), (1,), 1, "sum"), Tensor)
assert_type(functional.pdist(x, 1.0), Tensor)
