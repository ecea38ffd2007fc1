"""Rows of the losses, of distances and of similarities."""

from __future__ import annotations

from typing import Any

import numpy as np

from layers.table import Array, Shape, function, labels, layer, normal, positive, signs, unit

PAIR = [((3, 4), (3, 4)), ((), ()), ((1, 2, 2), (1, 2, 2))]
EMPTY = [((0, 3), (0, 3))]
FULL = np.linspace(0.5, 2.0, 12).reshape(3, 4)
CLASS_WEIGHTS = np.array([0.5, 1.0, 2.0, 0.25, 1.5])
REDUCTIONS = ("mean", "sum", "none")


def far(generator: np.random.Generator, shape: Shape) -> Array:
    """Numbers away from 0, beyond 1 and within."""
    return (
        np.where(generator.random(shape) < 0.5, -1, 1) * generator.uniform(0.2, 0.7, shape) * generator.choice([1, 3])
    )


def middle(generator: np.random.Generator, shape: Shape) -> Array:
    """Probabilities far from 0 and 1, where PyTorch's second derivatives of their logarithms are less exact."""
    return np.asarray(generator.uniform(0.3, 0.7, shape))


def counts(generator: np.random.Generator, shape: Shape) -> Array:
    return np.asarray(generator.poisson(3.0, shape) + 0.25)


def log_unit(generator: np.random.Generator, shape: Shape) -> Array:
    return np.log(unit(generator, shape))


def rows_of_probabilities(generator: np.random.Generator, shape: Shape) -> Array:
    """Probabilities that sum to 1 over the classes."""
    p = generator.uniform(0.1, 1.0, shape)
    return np.asarray(p / p.sum(1 if len(shape) > 1 else 0, keepdims=True))


# Of each element of two Tensors

ELEMENTWISE: dict[str, tuple[Any, list[dict[str, Any]]]] = {
    "mse_loss": ((normal, normal), [{}]),
    "l1_loss": ((far, lambda generator, shape: np.zeros(shape)), [{}]),
    "smooth_l1_loss": ((normal, normal), [{}, {"beta": 0.3}]),
    "huber_loss": ((normal, normal), [{}, {"delta": 0.3}]),
    "binary_cross_entropy": ((middle, unit), [{}]),
    "binary_cross_entropy_with_logits": ((normal, unit), [{}]),
    "soft_margin_loss": ((normal, signs), [{}]),
    "kl_div": ((log_unit, unit), [{}]),
    "poisson_nll_loss": (
        (positive, counts),
        [{}, {"log_input": False}, {"full": True}, {"log_input": False, "full": True}],
    ),
    "hinge_embedding_loss": ((normal, signs), [{}, {"margin": 0.3}]),
}
LAYERS = {
    "mse_loss": "MSELoss", "l1_loss": "L1Loss", "smooth_l1_loss": "SmoothL1Loss", "huber_loss": "HuberLoss",
    "binary_cross_entropy": "BCELoss", "binary_cross_entropy_with_logits": "BCEWithLogitsLoss",
    "soft_margin_loss": "SoftMarginLoss", "kl_div": "KLDivLoss", "poisson_nll_loss": "PoissonNLLLoss",
    "hinge_embedding_loss": "HingeEmbeddingLoss",
}  # fmt: skip
for _name, (_draw, _options) in ELEMENTWISE.items():
    # In PyTorch the targets of these two have no gradient.
    _inputs_alone = (0,) if _name in ("hinge_embedding_loss", "soft_margin_loss") else None
    for _keywords in _options:
        for _reduction in REDUCTIONS:
            _shapes = PAIR if _reduction == "mean" else PAIR + EMPTY
            _common: dict[str, Any] = {
                "draw": _draw,
                "differentiable": _inputs_alone,
                "reduction": _reduction,
                **_keywords,
            }
            layer(LAYERS[_name], inputs=_shapes, **_common)
            function(_name, inputs=_shapes[:1], **_common)
for _reduction in REDUCTIONS:
    for _name in ("mse_loss", "huber_loss"):
        function(_name, inputs=[((3, 4), (3, 4))], weight=FULL, reduction=_reduction)
    function("l1_loss", inputs=[((3, 4), (3, 4))], draw=ELEMENTWISE["l1_loss"][0], weight=FULL, reduction=_reduction)
    layer("BCELoss", FULL[0], inputs=PAIR[:1], draw=(middle, unit), reduction=_reduction)
    layer("BCEWithLogitsLoss", FULL, inputs=PAIR[:1], draw=(normal, unit), reduction=_reduction)
    layer("BCEWithLogitsLoss", pos_weight=FULL[0], inputs=PAIR[:1], draw=(normal, unit), reduction=_reduction)
    layer("BCEWithLogitsLoss", FULL[:, :1], pos_weight=FULL, inputs=PAIR[:1], draw=(normal, unit), reduction=_reduction)
layer("KLDivLoss", reduction="batchmean", inputs=PAIR, draw=(log_unit, unit))
layer("KLDivLoss", reduction="batchmean", log_target=True, inputs=PAIR, draw=(log_unit, log_unit))
layer("KLDivLoss", log_target=True, inputs=PAIR, draw=(log_unit, log_unit))

VARIANCES = [
    ((3, 4), (3, 4), (3, 4)),
    ((3, 4), (3, 4), (3, 1)),
    ((3, 4), (3, 4), (3,)),
    ((2, 3, 2), (2, 3, 2), (2, 1, 2)),
]
for _reduction in REDUCTIONS:
    layer("GaussianNLLLoss", reduction=_reduction, inputs=VARIANCES, draw=(normal, normal, positive))
layer(
    "GaussianNLLLoss",
    full=True,
    eps=0.7,
    inputs=VARIANCES[:1],
    draw=(normal, normal, lambda generator, shape: np.ones(shape)),
)
function("gaussian_nll_loss", 0.5, inputs=PAIR)

# Of classes

CLASSES = [((6, 5), (6,)), ((1, 5), (1,)), ((5,), ()), ((2, 5, 3), (2, 3)), ((2, 5, 2, 2), (2, 2, 2))]
NO_CLASSES = [((0, 5), (0,)), ((0, 5, 2), (0, 2)), ((2, 5, 0), (2, 0))]
SOFT = [((6, 5), (6, 5)), ((1, 5), (1, 5)), ((5,), (5,)), ((2, 5, 3), (2, 5, 3)), ((2, 5, 2, 2), (2, 5, 2, 2))]
for _reduction in REDUCTIONS:
    _some = CLASSES if _reduction == "mean" else CLASSES + NO_CLASSES
    for _keywords in (
        {}, {"ignore_index": 2}, {"ignore_index": -1},
        {"weight": CLASS_WEIGHTS}, {"weight": CLASS_WEIGHTS, "ignore_index": 3},
    ):  # fmt: skip
        layer("NLLLoss", inputs=_some, draw=(normal, labels(5)), reduction=_reduction, **_keywords)
        for _smoothing in (0.0, 0.2):
            _given: dict[str, Any] = {"label_smoothing": _smoothing} if _smoothing else {}
            layer(
                "CrossEntropyLoss", inputs=_some, draw=(normal, labels(5)), reduction=_reduction, **_given, **_keywords
            )
    for _keywords in (
        {},
        {"weight": CLASS_WEIGHTS},
        {"label_smoothing": 0.2},
        {"weight": CLASS_WEIGHTS, "label_smoothing": 0.2},
    ):
        layer("CrossEntropyLoss", inputs=SOFT, option=f"probabilities, {_reduction}, {list(_keywords)}",
              draw=(normal, rows_of_probabilities), reduction=_reduction, **_keywords)  # fmt: skip
for _name in ("cross_entropy", "nll_loss"):
    function(_name, CLASS_WEIGHTS, inputs=CLASSES[:1], draw=(normal, labels(5)))
    function(_name, inputs=[((4, 70), (4,)), ((2, 70, 3), (2, 3))], draw=(normal, labels(70)), dtypes=(np.float64,))

LINEAR = [((6, 3), (6,)), ((1, 3), (1,)), ((3,), ())]
for _reduction in REDUCTIONS:
    for _keywords in (
        {}, {"bias": True, "ignore_index": 2}, {"weight": CLASS_WEIGHTS, "label_smoothing": 0.2},
    ):  # fmt: skip
        layer("LinearCrossEntropyLoss", 3, 5, inputs=LINEAR, draw=(normal, labels(5)), reduction=_reduction,
              **_keywords)  # fmt: skip
    layer("LinearCrossEntropyLoss", 3, 5, bias=True, inputs=[((6, 3), (6, 5))], draw=(normal, rows_of_probabilities),
          option=f"probabilities, {_reduction}", reduction=_reduction)  # fmt: skip
    layer("LinearCrossEntropyLoss", 3, 5, out_features=(2, 2), bias=True, inputs=[((4, 3), (4, 2, 2))],
          draw=(normal, labels(5)), reduction=_reduction)  # fmt: skip
function("linear_cross_entropy", inputs=[((6, 3), (5, 3), (6,))], draw=(normal, normal, labels(5)))

# Of margins

for _reduction in REDUCTIONS:
    layer(
        "MarginRankingLoss",
        0.3,
        inputs=[((3, 4),) * 3, ((3,),) * 3],
        draw=(normal, normal, signs),
        reduction=_reduction,
    )
    for _p in (1, 2):
        # PyTorch has no second derivatives of these two.
        layer("MultiMarginLoss", _p, 0.8, inputs=[((4, 5), (4,)), ((5,), ())], draw=(normal, labels(5)), second=False,
              reduction=_reduction)  # fmt: skip
        layer("MultiMarginLoss", _p, weight=CLASS_WEIGHTS, inputs=[((4, 5), (4,))], draw=(normal, labels(5)),
              second=False, reduction=_reduction)  # fmt: skip
    layer("MultiLabelMarginLoss", inputs=[((4, 5), (4, 5)), ((5,), (5,))], second=False, reduction=_reduction,
          draw=(normal, lambda generator, shape: generator.integers(-1, 5, shape)))  # fmt: skip
    layer(
        "MultiLabelSoftMarginLoss", inputs=[((4, 5), (4, 5)), ((5,), (5,))], draw=(normal, unit), reduction=_reduction
    )
    layer(
        "MultiLabelSoftMarginLoss", CLASS_WEIGHTS, inputs=[((4, 5), (4, 5))], draw=(normal, unit), reduction=_reduction
    )
function("margin_ranking_loss", 0.1, inputs=[((3,),) * 3], draw=(normal, normal, signs))
function("multi_margin_loss", 2, 0.5, CLASS_WEIGHTS, inputs=[((4, 5), (4,))], draw=(normal, labels(5)), second=False)
function("multilabel_margin_loss", inputs=[((4, 5), (4, 5))], draw=(normal, labels(5)), second=False)
function("multilabel_soft_margin_loss", CLASS_WEIGHTS, inputs=[((4, 5), (4, 5))], draw=(normal, unit))

# Of embeddings

TRIPLET = [((4, 3),) * 3, ((3,),) * 3, ((1, 3),) * 3]
for _reduction in REDUCTIONS:
    layer("CosineEmbeddingLoss", -0.7, inputs=[((4, 3), (4, 3), (4,)), ((3,), (3,), ())], draw=(normal, normal, signs),
          differentiable=(0, 1), reduction=_reduction)  # fmt: skip
    for _keywords in ({}, {"margin": 3.0, "p": 1.5}, {"swap": True, "margin": 4.0, "eps": 0.01}):
        layer("TripletMarginLoss", inputs=TRIPLET, reduction=_reduction, **_keywords)
    layer("TripletMarginWithDistanceLoss", inputs=TRIPLET, margin=2.0, swap=True, reduction=_reduction)
function("cosine_embedding_loss", inputs=[((4, 3), (4, 3), (4,))], draw=(normal, normal, signs), differentiable=(0, 1))
function("triplet_margin_loss", 2.0, inputs=TRIPLET)
function("triplet_margin_with_distance_loss", margin=2.0, inputs=TRIPLET)

# Distances

layer("CosineSimilarity", inputs=[((4, 3), (4, 3)), ((4, 3), (1, 3)), ((4, 3, 2), (3, 1)), ((0, 3), (0, 3))])
layer("CosineSimilarity", 0, 0.1, inputs=[((4, 3), (4, 3)), ((3,), (3,))])
function("cosine_similarity", -1, inputs=[((4, 3), (3,)), ((2, 4, 3), (4, 3))])
layer("PairwiseDistance", inputs=[((4, 3), (4, 3)), ((4, 3), (3,)), ((3,), (3,)), ((0, 3), (0, 3))])
layer("PairwiseDistance", 1.0, 0.1, True, inputs=[((4, 3), (4, 3))])
function("pairwise_distance", 3.0, inputs=[((4, 3), (4, 3))])
for _power in (2.0, 1.0, 3.0, float("inf")):
    function("pdist", _power, inputs=[((5, 3),), ((1, 3),)], second=False)  # PyTorch has none of pdist


# Of sequences


def ctc_by_recursion(
    log_probs: Any, targets: Any, input_lengths: Any, target_lengths: Any, blank: int = 0, reduction: str = "mean"
) -> Any:
    """Graves et al. 2006, equations 5 to 8, one example and one state at a time.

    PyTorch's own has the derivative only of what it is behind log_softmax, and no second one.
    """
    import torch  # not everyone has it

    impossible = torch.full((), -1e30, dtype=log_probs.dtype)
    losses = []
    for n, (steps, length) in enumerate(zip(input_lengths.tolist(), target_lengths.tolist())):
        states = [blank]
        for label in targets[n, :length].tolist():
            states += [label, blank]
        alpha = [log_probs[0, n, k] if s < 2 else impossible for s, k in enumerate(states)]
        for t in range(1, steps):
            skips = [s > 1 and k not in (blank, states[s - 2]) for s, k in enumerate(states)]
            ways = [alpha[s - 2 if skip else max(s - 1, 0) : s + 1] for s, skip in enumerate(skips)]
            alpha = [torch.logsumexp(torch.stack(way), 0) + log_probs[t, n, k] for way, k in zip(ways, states)]
        losses.append(-torch.logsumexp(torch.stack(alpha[-2:]), 0))
    loss = torch.stack(losses)
    if reduction == "mean":
        return (loss / target_lengths.clamp_min(1)).mean()
    return loss.sum() if reduction == "sum" else loss


class CtcByRecursion:
    """The same as a module."""

    def __new__(cls, **options: Any) -> Any:
        import torch  # not everyone has it

        class CTCLoss(torch.nn.Module):  # type: ignore[misc, name-defined]  # torch may be missing
            def forward(self, *arguments: Any, **keywords: Any) -> Any:
                return ctc_by_recursion(*arguments, **keywords, **options)

        return CTCLoss()


def labels_from_1(generator: np.random.Generator, shape: Shape) -> Array:
    """Labels beside the blank, 0; the first example's are all the same."""
    drawn = np.asarray(generator.integers(1, 4, shape))
    drawn[:1] = 2
    return drawn


def log_probabilities(generator: np.random.Generator, shape: Shape) -> Array:
    p = generator.uniform(0.1, 1.0, shape)
    return np.log(p / p.sum(-1, keepdims=True))


_lengths = {"input_lengths": np.array([5, 4, 3]), "target_lengths": np.array([2, 1, 0])}
for _reduction in REDUCTIONS:
    layer("CTCLoss", reduction=_reduction, inputs=[((5, 3, 4), (3, 2))], draw=(log_probabilities, labels_from_1),
          call=_lengths, torch=CtcByRecursion)  # fmt: skip
function("ctc_loss", np.array([6]), np.array([3]), inputs=[((6, 1, 4), (1, 3))],
         draw=(log_probabilities, labels_from_1), torch=ctc_by_recursion)  # fmt: skip
function("ctc_loss", np.array([4, 4]), np.array([2, 1]), 3, "sum", inputs=[((4, 2, 4), (2, 2))],
         draw=(log_probabilities, labels(3)), torch=ctc_by_recursion)  # fmt: skip

# Of many classes

layer("AdaptiveLogSoftmaxWithLoss", 8, 12, [3, 7], 2.0, inputs=[((6, 8), (6,)), ((8,), ()), ((1, 8), (1,))],
      draw=(normal, labels(12)))  # fmt: skip
layer("AdaptiveLogSoftmaxWithLoss", 8, 12, (5,), head_bias=True, inputs=[((6, 8), (6,))], draw=(normal, labels(12)))
