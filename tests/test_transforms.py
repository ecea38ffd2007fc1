"""Functions from lists of gradients to lists of gradients, against plain arithmetic."""

import math
import multiprocessing
import pickle

import numpy as np
import pytest

import kytorch as kt
from kytorch import Gradients, Tensor, TrainableWeight, nn
from kytorch.optim import (
    add,
    add_noise,
    add_weight_decay,
    centralize,
    clip_adaptively,
    clip_by_norm,
    clip_by_value,
    gradient_descent,
    mean,
    norm,
    scale,
)

SHAPES = [(2, 3), (), (4,), (0, 2), (2, 3, 2, 2)]
DTYPES = [np.float16, np.float32, np.float64]
CLOSE = {np.float16: 2e-3, np.float32: 1e-6, np.float64: 1e-12}


def pairs(dtype=np.float32, seed=0) -> Gradients:
    rng = np.random.default_rng(seed)
    draw = lambda shape: np.asarray(rng.standard_normal(shape), dtype)
    return [(Tensor(draw(shape)), TrainableWeight(draw(shape))) for shape in SHAPES]


def wide(gradients):
    return [g.numpy().astype(np.float64) for g, _ in gradients]


def whole_norm(gradients, order=2.0):
    return np.linalg.norm(np.concatenate([g.reshape(-1) for g in wide(gradients)]), order)


def assert_like(found, expected, given, dtype):
    """The arrays `expected`, with the weights, shapes and dtypes of `given`."""
    assert [w for _, w in found] == [w for _, w in given]
    for (g, weight), value in zip(found, expected):
        assert g.dtype == dtype and g.shape == weight.shape
        np.testing.assert_allclose(g.numpy(), value, rtol=CLOSE[dtype], atol=CLOSE[dtype])


# What every one of them does

TRANSFORMS = {
    "clip_by_norm": lambda g: clip_by_norm(g, 1.0),
    "clip_by_norm of order 3": lambda g: clip_by_norm(g, 1.0, 3.0),
    "clip_by_value": lambda g: clip_by_value(g, 0.5),
    "clip_adaptively": lambda g: clip_adaptively(g, 0.1),
    "centralize": centralize,
    "add_weight_decay": lambda g: add_weight_decay(g, 0.1),
    "add_noise": lambda g: add_noise(g, 0.1, generator=np.random.default_rng(0)),
    "scale": lambda g: scale(g, 0.3),
    "add": lambda g: add(g, g),
    "mean": lambda g: mean([g, g, scale(g, 0.5)]),
}
EVERY = pytest.mark.parametrize("transform", TRANSFORMS.values(), ids=TRANSFORMS)
STRICT = ["clip_by_norm", "clip_by_value", "clip_adaptively", "centralize", "add_weight_decay", "add_noise"]


@EVERY
@pytest.mark.parametrize("dtype", DTYPES)
def test_weights_shapes_and_dtypes_stay_and_nothing_given_changes(transform, dtype):
    gradients = pairs(dtype)
    before, weights = wide(gradients), [weight._data for _, weight in gradients]
    found = transform(gradients)
    assert found is not gradients and [w for _, w in found] == [w for _, w in gradients]
    assert all(g.dtype == dtype and g.shape == w.shape and not g.requires_grad for g, w in found)
    assert any(not np.array_equal(g.numpy(), b) for (g, _), b in zip(found, before))
    for (g, weight), array, own in zip(gradients, before, weights):
        np.testing.assert_array_equal(g.numpy(), array)
        assert weight._data is own


@EVERY
def test_no_gradients_stay_none(transform):
    assert transform([]) == []


@pytest.mark.parametrize("name", STRICT)
@pytest.mark.parametrize("wrong", [math.nan, math.inf, -math.inf])
def test_what_is_not_finite_is_refused(name, wrong):
    gradients = [*pairs(), (Tensor([wrong, 1.0]), TrainableWeight([0.0, 0.0]))]
    with pytest.raises(ValueError, match=rf"{name}: weight 5.*not finite in 1 of 2"):
        TRANSFORMS[name](gradients)


WRONG_LISTS = [Tensor(1.0), None, (pair for pair in ()), [(Tensor(1.0),)], [3], [Tensor([1.0, 2.0])], [None], {}]


@pytest.mark.parametrize("wrong", WRONG_LISTS, ids=range(len(WRONG_LISTS)))
@pytest.mark.parametrize(
    "call",
    [*TRANSFORMS.values(), norm, lambda g: add([], g), lambda g: mean([[], g])],
)
def test_what_is_no_list_of_gradients_is_refused(call, wrong):
    with pytest.raises(TypeError, match=r"backward\(\)"):
        call(wrong)


@EVERY
def test_raw_arrays_are_no_gradients(transform):
    with pytest.raises(TypeError, match=r"\(ndarray, TrainableWeight\)"):
        transform([(np.zeros(2, np.float32), TrainableWeight([0.0, 0.0]))])


LIVE = {
    **{name: f for name, f in TRANSFORMS.items() if name != "clip_by_value"},
    "clip_by_value": lambda g: clip_by_value(g, 2.0),
    "norm": lambda g: [(norm(g), g[0][1])],
    "norm of order 3": lambda g: [(norm(g, 3.0), g[0][1])],
}


@pytest.mark.parametrize("transform", LIVE.values(), ids=LIVE)
def test_recorded_gradients_are_differentiated_as_they_are_computed(transform):
    rng = np.random.default_rng(0)
    start, along, mix = rng.standard_normal((3, 2, 3))

    def value(array, weight=None):
        weight = TrainableWeight(array) if weight is None else weight
        w = weight.tensor()
        loss = (w**3 + w.sum(0) ** 2).sum()
        ((g, _),) = transform(loss.backward(create_graph=True))
        return (g * Tensor(mix[:1, : g.shape[-1]] if g.ndim else np.array(1.0))).sum()

    weight = TrainableWeight(start)
    ((derivative, found),) = value(start, weight).backward()
    assert found is weight
    h = 1e-6
    there, back = value(start + h * along).item(), value(start - h * along).item()
    assert (derivative.numpy() * along).sum() == pytest.approx((there - back) / (2 * h), rel=1e-6)


# Norms


@pytest.mark.parametrize("order", [1.0, 2.0, 3.0, 0.5, math.inf])
@pytest.mark.parametrize("dtype", DTYPES)
def test_norm_is_that_of_all_elements_together(order, dtype):
    gradients = pairs(dtype)
    found = norm(gradients, order)
    assert found.shape == () and found.dtype == (np.float64 if dtype is np.float64 else np.float32)
    assert found.item() == pytest.approx(whole_norm(gradients, order), rel=1e-6)


def test_the_norm_of_no_gradients_is_0():
    assert norm([]).item() == 0.0 and norm([]).dtype == np.float32
    assert norm([(Tensor(np.zeros((0, 2))), TrainableWeight(np.zeros((0, 2))))], math.inf).item() == 0.0


def test_the_norm_of_what_is_not_finite_is_not_finite():
    assert norm([(Tensor([math.inf]), TrainableWeight([1.0]))]).item() == math.inf
    assert math.isnan(norm([(Tensor([math.nan]), TrainableWeight([1.0]))]).item())


@pytest.mark.parametrize("order", [1.0, 2.0, math.inf])
@pytest.mark.parametrize("dtype", DTYPES)
def test_clip_by_norm_scales_all_gradients_to_the_norm(dtype, order):
    gradients = pairs(dtype)
    clipped = clip_by_norm(gradients, 0.5, order)
    assert whole_norm(clipped, order) == pytest.approx(0.5, rel=1e-2 if dtype is np.float16 else 1e-5)
    factor = 0.5 / (whole_norm(gradients, order) + 1e-6)
    assert_like(clipped, [g * factor for g in wide(gradients)], gradients, dtype)


def test_clip_by_norm_leaves_short_gradients_alone():
    gradients = pairs()
    for times in (1.01, 1.4, 100.0):
        assert clip_by_norm(gradients, times * whole_norm(gradients)) == gradients


def test_clip_by_norm_does_not_overflow_float32():
    weight = TrainableWeight([0.0, 0.0])
    for size, limit in ((1e30, 5.0), (0.8e38, 1.0)):
        ((clipped, _),) = clip_by_norm([(Tensor([3.0 * size, 4.0 * size]), weight)], limit)
        np.testing.assert_allclose(clipped.numpy(), [0.6 * limit, 0.8 * limit], rtol=1e-6)


def test_clip_by_norm_refuses_a_norm_beyond_float64():
    with pytest.raises(ValueError, match="overflows float64"):
        clip_by_norm([(Tensor(np.full(2, 1.7e308)), TrainableWeight(np.zeros(2)))], 1.0)


def test_clip_by_norm_to_0_gives_zeros():
    assert all(not g.numpy().any() for g, _ in clip_by_norm(pairs(), 0.0))


@pytest.mark.parametrize("order", [0.0, -1.0, math.nan, -math.inf])
def test_an_order_that_is_not_above_0_is_refused(order):
    for call in (lambda g: norm(g, order), lambda g: clip_by_norm(g, 1.0, order)):
        with pytest.raises(ValueError, match="norm_type"):
            call(pairs())
    with pytest.raises(TypeError, match="norm_type"):
        norm(pairs(), "2")


# Element by element, unit by unit


def test_clip_by_value_limits_each_element():
    weight = TrainableWeight([0.0, 0.0, 0.0])
    ((clipped, same),) = clip_by_value([(Tensor([-3.0, 0.5, 3.0]), weight)], 1.0)
    assert clipped.tolist() == [-1.0, 0.5, 1.0] and same is weight and clipped.dtype == np.float32


@pytest.mark.parametrize("f", [clip_by_norm, clip_by_value])
@pytest.mark.parametrize("limit", [-1.0, math.nan, math.inf])
def test_a_wrong_limit_is_refused(f, limit):
    with pytest.raises(ValueError, match="is to be"):
        f(pairs(), limit)


def agc(g, w, clipping, eps):
    """Brock et al. 2021, equation 3, unit by unit."""
    units = [...] if g.ndim < 2 else range(len(g))
    clipped = g.copy()
    for i in units:
        length, limit = np.linalg.norm(g[i].reshape(-1)), max(np.linalg.norm(w[i].reshape(-1)), eps)
        if length / limit > clipping:
            clipped[i] = clipping * limit / length * g[i]
    return clipped


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize(("clipping", "eps"), [(0.01, 1e-3), (1.0, 1e-3), (0.5, 2.0)])
def test_adaptive_clipping_limits_each_unit_by_its_weights(dtype, clipping, eps):
    gradients = pairs(dtype)
    weights = [weight.data.astype(np.float64) for _, weight in gradients]
    expected = [agc(g, w, clipping, eps) for g, w in zip(wide(gradients), weights)]
    assert_like(clip_adaptively(gradients, clipping, eps), expected, gradients, dtype)


def test_adaptive_clipping_keeps_the_units_that_are_short():
    weight = TrainableWeight([[1.0, 0.0], [1.0, 0.0], [0.0, 0.0]])
    gradients = [(Tensor([[0.25, 0.0], [0.0, 2.0], [0.0, 0.0]]), weight)]
    ((clipped, _),) = clip_adaptively(gradients, 0.5)
    assert clipped.tolist() == [[0.25, 0.0], [0.0, 0.5], [0.0, 0.0]]
    ((same, _),) = clip_adaptively(clip_adaptively(gradients, 0.5), 0.5)
    assert same.tolist() == clipped.tolist()


def test_adaptive_clipping_does_not_overflow_float32():
    big = np.full((2, 2), 3e38, np.float32)
    gradients = [(Tensor(big), TrainableWeight(np.array([[3.0, 4.0], [3e38, 3e38]], np.float32)))]
    ((clipped, _),) = clip_adaptively(gradients, 0.5)
    assert clipped.dtype == np.float32
    np.testing.assert_allclose(clipped.numpy(), [[2.5 * 0.5**0.5] * 2, [1.5e38] * 2], rtol=1e-6)


@pytest.mark.parametrize("options", [(0.0,), (-1.0,), (math.inf,), (0.01, 0.0), (0.01, math.nan)])
def test_wrong_options_of_adaptive_clipping_are_refused(options):
    with pytest.raises(ValueError, match=r"clipping|eps"):
        clip_adaptively(pairs(), *options)


# Terms added to each


@pytest.mark.parametrize("dtype", DTYPES)
def test_centralized_gradients_have_rows_of_mean_0_and_vectors_stay(dtype):
    gradients = pairs(dtype)
    expected = [
        g - g.mean(tuple(range(1, g.ndim)), keepdims=True) if g.ndim > 1 and g.size else g for g in wide(gradients)
    ]
    found = centralize(gradients)
    assert_like(found, expected, gradients, dtype)
    assert found[1][0] is gradients[1][0] and found[2][0] is gradients[2][0]


def test_rows_of_no_elements_have_no_mean_and_stay():
    gradients = [(Tensor(np.zeros((2, 0))), TrainableWeight(np.zeros((2, 0))))]
    assert centralize(gradients) == gradients


def test_centralized_float16_does_not_overflow_in_its_sum():
    ((g, _),) = centralize([(Tensor(np.full((1, 4), 6e4, np.float16)), TrainableWeight(np.zeros((1, 4), np.float16)))])
    assert g.tolist() == [[0.0] * 4]


def test_centralized_float16_has_a_mean_of_more_digits_than_its_own():
    row, part = np.array([[1.0, 1.0, 1.0, 1.0 + 2.0**-10]], np.float16), 2.0**-12
    ((g, _),) = centralize([(Tensor(row), TrainableWeight(row))])
    assert g.dtype == np.float16 and g.tolist() == [[-part, -part, -part, 3.0 * part]]


@pytest.mark.parametrize("dtype", DTYPES)
def test_weight_decay_adds_a_part_of_the_weight(dtype):
    gradients = pairs(dtype)
    expected = [g + 0.3 * w.data.astype(np.float64) for g, (_, w) in zip(wide(gradients), gradients)]
    assert_like(add_weight_decay(gradients, 0.3), expected, gradients, dtype)
    assert add_weight_decay(gradients, 0.0) == gradients


def test_weight_decay_apart_is_the_optimizers_own():
    runs = []
    for apart in (False, True):
        gradients = pairs(np.float64)
        if apart:
            gradient_descent(add_weight_decay(gradients, 0.1), lr=0.5)
        else:
            gradient_descent(gradients, lr=0.5, weight_decay=0.1)
        runs.append([weight.data for _, weight in gradients])
    for a, b in zip(*runs):
        np.testing.assert_allclose(a, b, rtol=1e-15)


@pytest.mark.parametrize("f", [add_weight_decay, add_noise])
def test_negative_options_are_refused(f):
    with pytest.raises(ValueError, match="at least 0"):
        f(pairs(), -0.1)
    with pytest.raises(TypeError, match="a number"):
        f(pairs(), "0.1")


@pytest.mark.parametrize("dtype", DTYPES)
def test_noise_is_normal_repeats_for_a_generator_and_differs_by_weight(dtype):
    zeros = [(Tensor(np.zeros((200, 100), dtype)), TrainableWeight(np.zeros((200, 100), dtype))) for _ in range(2)]
    noisy = add_noise(zeros, 0.5, generator=np.random.default_rng(1))
    first, second = wide(noisy)
    assert first.std() == pytest.approx(0.5, rel=0.02) and abs(first.mean()) < 0.01
    assert abs(np.corrcoef(first.reshape(-1), second.reshape(-1))[0, 1]) < 0.03
    again = add_noise(zeros, 0.5, generator=np.random.default_rng(1))
    assert all(np.array_equal(a.numpy(), b.numpy()) for (a, _), (b, _) in zip(noisy, again))
    assert all(np.array_equal(a.numpy(), b.numpy()) for (a, _), (b, _) in zip(add_noise(zeros, 0.0), zeros))


def test_noise_comes_from_the_seeded_default_generator():
    kt.manual_seed(3)
    first = wide(add_noise(pairs(), 1.0))
    kt.manual_seed(3)
    assert all(np.array_equal(a, b) for a, b in zip(first, wide(add_noise(pairs(), 1.0))))


# Sums


def test_scale_multiplies_and_keeps_the_dtype():
    for factor in (0.5, -2, np.float64(0.25)):
        for (g, weight), (scaled, same) in zip(gradients := pairs(), scale(gradients, factor)):
            np.testing.assert_array_equal(scaled.numpy(), g.numpy() * np.float32(factor))
            assert same is weight and scaled.dtype == np.float32


def test_a_wrong_factor_is_refused():
    for factor in (math.inf, -math.inf, math.nan):
        with pytest.raises(ValueError, match=r"factor.* it is to be finite"):
            scale(pairs(), factor)
    with pytest.raises(TypeError, match="factor"):
        scale(pairs(), "2")


def test_float16_is_scaled_by_a_factor_and_clipped_to_a_value_beyond_its_range():
    gradients = [(Tensor(np.array([6e4, -1.0], np.float16)), TrainableWeight(np.zeros(2, np.float16)))]
    ((scaled, _),), ((clipped, _),) = scale(gradients, 1e-8), clip_by_value(gradients, 1e6)
    assert scaled.dtype == np.float16 and scaled.numpy()[0] == pytest.approx(6e-4, rel=1e-3)
    assert clipped.dtype == np.float16 and clipped.tolist() == gradients[0][0].tolist()


def test_add_sums_by_weight_in_the_order_of_the_first_list():
    a, b, c = (TrainableWeight([0.0]) for _ in range(3))
    total = add([(Tensor([1.0]), a), (Tensor([2.0]), b)], [(Tensor([4.0]), c), (Tensor([8.0]), a)])
    assert [(g.tolist(), weight) for g, weight in total] == [([9.0], a), ([2.0], b), ([4.0], c)]


def test_a_list_that_lacks_a_weight_counts_in_the_mean_with_0():
    a, b = (TrainableWeight([0.0]) for _ in range(2))
    found = mean([[(Tensor([1.0]), a), (Tensor([2.0]), b)], [(Tensor([4.0]), a)]])
    assert [(g.tolist(), weight) for g, weight in found] == [([2.5], a), ([1.0], b)]


@pytest.mark.parametrize("f", [add, lambda a, b: mean([a, b])])
def test_sums_do_not_broadcast(f):
    weight = TrainableWeight([0.0, 0.0])
    with pytest.raises(ValueError, match=r"shapes \(2,\) and \(1,\)"):
        f([(Tensor([1.0, 2.0]), weight)], [(Tensor([1.0]), weight)])


def test_the_mean_of_float16_does_not_overflow_in_its_sum():
    big = [(Tensor(np.array([6e4], np.float16)), TrainableWeight(np.zeros(1, np.float16)))]
    ((g, _),) = mean([big, big, big])
    assert g.dtype == np.float16 and g.tolist() == big[0][0].tolist()


def test_the_mean_of_float16_is_summed_in_float32():
    values = np.random.default_rng(0).standard_normal(200).astype(np.float16)
    ((g, _),) = mean([[(Tensor(values), weight)] for weight in [TrainableWeight(values)] * 7])
    np.testing.assert_array_equal(g.numpy(), values)


def test_wrong_calls_of_mean_are_refused():
    gradients = pairs()
    for lists, sizes, error, match in (
        (gradients, None, TypeError, "expected pairs"),
        (None, None, TypeError, "a list of lists"),
        ([], None, ValueError, "not none"),
        ([gradients], [1, 2], ValueError, "1 lists and 2 sizes"),
        ([gradients], [0], ValueError, "all 0"),
        ([gradients, gradients], [2, -1], ValueError, "a size is -1"),
        ([gradients], ["1"], TypeError, "a size"),
        ([gradients], 3, TypeError, "a list of sizes, not int"),
        ([gradients, gradients], [1e308, 1e308], ValueError, "the sum of the sizes is inf"),
    ):
        with pytest.raises(error, match=match):
            mean(lists, sizes)


def model_and_batch(dtype=np.float64):
    generator = kt.manual_seed(5)
    model = nn.Sequential(nn.Linear(4, 3), nn.Tanh(), nn.Linear(3, 2)).to(dtype)
    x, y = generator.standard_normal((11, 4)).astype(dtype), generator.standard_normal((11, 2)).astype(dtype)
    return model, x, y


def gradients_of(model, x, y):
    return nn.functional.mse_loss(model(Tensor(x)), Tensor(y)).backward()


def test_the_mean_over_micro_batches_is_the_big_batchs_gradients():
    model, x, y = model_and_batch()
    whole = gradients_of(model, x, y)
    parts = [gradients_of(model, x[a:b], y[a:b]) for a, b in ((0, 4), (4, 8), (8, 11))]
    assert_like(mean(parts, [4, 4, 3]), wide(whole), whole, np.float64)
    even = gradients_of(model, x[:8], y[:8])
    assert_like(mean(parts[:2]), wide(even), even, np.float64)
    assert_like(scale(add(*parts[:2]), 0.5), wide(even), even, np.float64)


def process(connection):
    model, x, y = model_and_batch()
    connection.send(gradients_of(model, x[:6], y[:6]))


def test_the_mean_over_processes_is_the_big_batchs_gradients():
    model, x, y = model_and_batch()
    context = multiprocessing.get_context("spawn")
    here, there = context.Pipe()
    worker = context.Process(target=process, args=(there,))
    worker.start()
    theirs = here.recv()
    worker.join()
    mine = gradients_of(model, x[6:], y[6:])
    renamed = [(g, weight) for (g, _), (_, weight) in zip(theirs, mine)]
    whole = gradients_of(model, x, y)
    assert_like(mean([renamed, mine], [6, 5]), wide(whole), whole, np.float64)


def test_lists_of_gradients_are_pickled():
    gradients = pairs()
    for (g, weight), (h, other) in zip(gradients, pickle.loads(pickle.dumps(gradients))):
        np.testing.assert_array_equal(g.numpy(), h.numpy())
        np.testing.assert_array_equal(weight.data, other.data)
