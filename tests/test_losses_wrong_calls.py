"""Losses say what is wrong with a call."""

import numpy as np
import pytest
from inputs import unit

from kytorch import Tensor, TrainableWeight, nn
from kytorch.nn.functional import (
    binary_cross_entropy,
    cross_entropy,
    ctc_loss,
    huber_loss,
    l1_loss,
    mse_loss,
    nll_loss,
)

X23, L2 = Tensor(np.ones((2, 3), np.float32)), Tensor([0, 1])
SEQUENCE = Tensor(np.zeros((4, 2, 3), np.float32))
WRONG = [
    (lambda: cross_entropy(X23, L2, Tensor([1.0, 2.0])), ValueError, r"cross_entropy: a weight of shape \(2,\) for 3"),
    (lambda: cross_entropy(X23, L2, "sum"), TypeError, 'cross_entropy: the weight: .*not str.* reduction="sum"'),
    (lambda: binary_cross_entropy(unit(2), unit(2), "sum"), TypeError, 'the weight: .* reduction="sum"'),
    (lambda: cross_entropy(X23, L2, ignore_index=1.5), TypeError, "cross_entropy: ignore_index is to be an int"),
    (lambda: cross_entropy(X23, L2, label_smoothing="a"), TypeError, "label_smoothing is to be a number, not str"),
    (lambda: nn.HuberLoss(delta=None), TypeError, "HuberLoss: delta is to be a number, not NoneType"),
    (lambda: nn.HingeEmbeddingLoss("sum"), TypeError, 'HingeEmbeddingLoss: margin is .* reduction="sum"'),
    (lambda: nn.MarginRankingLoss("sum"), TypeError, 'MarginRankingLoss: margin is .* reduction="sum"'),
    (lambda: nn.CosineEmbeddingLoss("sum"), TypeError, 'CosineEmbeddingLoss: margin is .* reduction="sum"'),
    (lambda: nn.TripletMarginLoss("sum"), TypeError, 'TripletMarginLoss: margin is .* reduction="sum"'),
    (lambda: nn.MultiMarginLoss("sum"), TypeError, 'MultiMarginLoss: p is .* reduction="sum"'),
    (lambda: nn.functional.gaussian_nll_loss(X23, X23, 1.0, eps=0.0), ValueError, "eps is to be positive, not 0.0"),
    (lambda: nn.CTCLoss("sum"), TypeError, "CTCLoss: blank is to be an int"),
    (
        lambda: nn.functional.linear_cross_entropy(X23, unit(4, 2), L2),
        ValueError,
        r"linear_cross_entropy: .*\(2, 3\) .*\(4, 2\)",
    ),
    (
        lambda: nn.functional.linear_cross_entropy(X23, unit(4, 3), L2, linear_bias=unit(3)),
        ValueError,
        r"linear_bias of shape \(3,\); expected \(4,\)",
    ),
    (
        lambda: nn.functional.linear_cross_entropy(X23, unit(4, 3), unit(2, 4), ignore_index=1),
        ValueError,
        "ignore_index is for class indices",
    ),
    (
        lambda: nn.functional.linear_cross_entropy(X23, TrainableWeight(np.ones((4, 3))), L2),
        TypeError,
        r"linear_cross_entropy: expected a Tensor, not TrainableWeight",
    ),
    (lambda: nn.LinearCrossEntropyLoss(3, 4, weight=unit(3)), ValueError, "LinearCrossEntropyLoss: a weight of shape"),
    (lambda: cross_entropy(X23, L2, TrainableWeight(np.ones(3)).tensor()), ValueError, "no gradient.*detach"),
    (lambda: cross_entropy(X23, L2, label_smoothing=1.5), ValueError, r"label_smoothing is to be in \[0, 1\], not 1.5"),
    (lambda: nn.CrossEntropyLoss(label_smoothing=-0.1), ValueError, "CrossEntropyLoss: label_smoothing"),
    (lambda: nn.CrossEntropyLoss("sum"), TypeError, 'CrossEntropyLoss: weight: expected .* reduction="sum"'),
    (lambda: nn.CrossEntropyLoss(ignore_index=1.5), TypeError, "CrossEntropyLoss: ignore_index is to be an int"),
    (lambda: nll_loss(X23, Tensor([[0, 1]])), ValueError, r"nll_loss: .*\(2, 3\) .* \(2,\), not of shape \(1, 2\)"),
    (lambda: nll_loss(X23, Tensor([0, 3])), IndexError, "nll_loss: class 3 is out of range for 3 classes"),
    (lambda: nll_loss(X23, Tensor([0.0, 1.0])), TypeError, "nll_loss: class indices are integers, not float"),
    (lambda: binary_cross_entropy(unit(2, 3), unit(2, 3), unit(2)), ValueError, r"weight has shape \(2,\)"),
    (lambda: nn.BCEWithLogitsLoss(pos_weight=unit(2))(X23, unit(2, 3)), ValueError, r"pos_weight has shape \(2,\)"),
    (lambda: mse_loss(X23, X23, weight=unit(3)), ValueError, r"mse_loss: the weight has shape \(3,\)"),
    (lambda: huber_loss(X23, X23, delta=0.0), ValueError, "huber_loss: delta is to be positive, not 0.0"),
    (lambda: nn.HuberLoss(delta=-1.0), ValueError, "HuberLoss: delta is to be positive"),
    (lambda: nn.SmoothL1Loss(beta=-1.0), ValueError, "SmoothL1Loss: beta is to be at least 0"),
    (lambda: l1_loss(unit(4, 1), unit(4)), ValueError, r"l1_loss: .*\(4, 1\).*\(4,\)"),
    (lambda: nn.functional.kl_div(X23, Tensor([[0.5, -0.5, 1.0]] * 2)), ValueError, "kl_div: .* at least 0.* -0.5"),
    (lambda: nn.functional.poisson_nll_loss(X23, -X23), ValueError, "poisson_nll_loss: the target .* -1"),
    (lambda: nn.functional.gaussian_nll_loss(X23, X23, unit(3)), ValueError, r"variance has shape \(3,\), .*\(2, 3\)"),
    (lambda: nn.functional.gaussian_nll_loss(X23, X23, -1.0), ValueError, "variance is to be at least 0"),
    (lambda: nn.functional.hinge_embedding_loss(X23, 0 * X23), ValueError, "target is to be 1 or -1, and has 0"),
    (lambda: nn.functional.margin_ranking_loss(unit(3), unit(3), unit(1)), ValueError, r"input1 \(3,\).*target \(1,\)"),
    (lambda: nn.functional.multi_margin_loss(X23, L2, 3), ValueError, "multi_margin_loss: p is to be 1 or 2, not 3"),
    (lambda: nn.functional.multi_margin_loss(X23, Tensor([0, -100])), IndexError, "class -100 is out of range"),
    (
        lambda: nn.functional.multilabel_margin_loss(X23, Tensor([[0, 3, -1]] * 2)),
        IndexError,
        "label 3 is out of range",
    ),
    (lambda: nn.functional.multilabel_margin_loss(X23, X23), TypeError, "labels are integers, not float32"),
    (lambda: nn.functional.cosine_embedding_loss(X23, X23, unit(2, 1)), ValueError, r"\(2, 3\) .*\(2, 1\)"),
    (lambda: nn.functional.triplet_margin_loss(X23, X23, unit(3)), ValueError, r"negative \(3,\)"),
    (lambda: nn.TripletMarginLoss(margin=0.0), ValueError, "TripletMarginLoss: the margin is to be positive"),
    (lambda: nn.functional.cosine_similarity(X23, unit(2)), ValueError, "cosine_similarity: shapes"),
    (lambda: nn.functional.cosine_similarity(X23, X23, 2), IndexError, "cosine_similarity: dim 2 is out of range"),
    (lambda: nn.functional.pdist(unit(3)), ValueError, r"pdist: the input has shape \(3,\)"),
    (lambda: ctc_loss(SEQUENCE, Tensor([[1], [0]]), [4, 4], [1, 1]), ValueError, "the targets hold 0.* blank"),
    (lambda: ctc_loss(SEQUENCE, Tensor([[1], [3]]), [4, 4], [1, 1]), IndexError, "label 3 is out of range for 3"),
    (lambda: ctc_loss(SEQUENCE, Tensor([[1], [1]]), [5, 4], [1, 1]), ValueError, "an input length is 5.* 4 steps"),
    (lambda: ctc_loss(SEQUENCE, Tensor([[1], [1]]), [4], [1, 1]), ValueError, r"input_lengths have shape \(1,\)"),
    (lambda: ctc_loss(SEQUENCE, Tensor([[1], [1]]), [4, 4], [2, 1]), ValueError, r"targets have shape \(2, 1\)"),
    (lambda: ctc_loss(SEQUENCE, Tensor([1, 1, 1]), [4, 4], [1, 1]), ValueError, "target_lengths that sum to 2"),
    (lambda: ctc_loss(SEQUENCE, Tensor([[1.0], [1.0]]), [4, 4], [1, 1]), TypeError, "targets are integers"),
    (lambda: ctc_loss(SEQUENCE[:, :0], Tensor([1]), [], []), ValueError, r"ctc_loss: .*\(4, 0, 3\) are an empty batch"),
    (lambda: ctc_loss(SEQUENCE, Tensor([[1], [1]]), [4, 4], [1, 1], 3), IndexError, "the blank 3 is out of range"),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, [5, 5]), ValueError, r"cutoffs \[5, 5\]"),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(3, 10, [5]), ValueError, "cluster 1 of 1 would get no features"),
    (lambda: nn.AdaptiveLogSoftmaxWithLoss(4, 10, [10]), ValueError, "integers from 1 to 9"),
    (
        lambda: nn.AdaptiveLogSoftmaxWithLoss(3, 10, [5], 1.0)(X23, Tensor([0, 10])),
        IndexError,
        "class 10 is out of range",
    ),
]


@pytest.mark.parametrize("call, kind, message", WRONG, ids=[message[:40] for _, _, message in WRONG])
def test_a_wrong_call_of_a_loss_says_what_is_wrong(call, kind, message):
    with pytest.raises(kind, match=message):
        call()
