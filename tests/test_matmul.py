"""Products in pieces agree with NumPy's, at awkward sizes, and depend on nothing but their operands."""

import numpy as np
import pytest

from kytorch.kernels import matmul as kernels
from kytorch.kernels.newton_schulz import newton_schulz

SHAPES = [
    ((5,), (5,)),
    ((20_011,), (20_011,)),
    ((300, 500), (500,)),
    ((500,), (500, 300)),
    ((0, 3), (3, 4)),
    ((3, 0), (0, 4)),
    ((1, 1), (1, 1)),
    ((9217, 1), (1, 3)),
    ((97, 389), (389, 1009)),
    ((1009, 389), (389, 97)),
    ((1, 9001), (9001, 101)),
    ((192, 512), (512, 400)),
    ((17, 127, 128), (128, 131)),
    ((127, 128), (31, 128, 131)),
    ((1, 30, 128, 90), (3, 1, 90, 50)),
    ((1, 300, 400), (400, 300)),
    ((0, 3, 4), (0, 4, 5)),
    ((3, 4, 5), (5,)),
    ((5,), (3, 5, 6)),
    ((33, 100, 101), (33, 101, 102)),
]


def operands(shapes: tuple[tuple[int, ...], ...], dtype: type[np.generic] = np.float64) -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [rng.standard_normal(shape).astype(dtype) for shape in shapes]


@pytest.fixture(params=[1, 3], ids="on {} threads".format)
def threads(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> int:
    number: int = request.param
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", str(number))
    return number


@pytest.mark.parametrize("shapes", SHAPES, ids=str)
def test_products_are_numpys(shapes: tuple[tuple[int, ...], ...], threads: int) -> None:
    a, b = operands(shapes)
    y, expected = kernels.matmul(a, b), np.matmul(a, b)
    assert (y.shape, y.dtype) == (expected.shape, expected.dtype)
    np.testing.assert_allclose(y, expected, 1e-12, 1e-11)
    if min(a.ndim, b.ndim, 3 - a.ndim, 3 - b.ndim) > 0:
        np.testing.assert_array_equal(kernels.dot(a, b), y)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.int64, np.bool_])
def test_dtypes_are_numpys(dtype: type[np.generic], threads: int) -> None:
    for shapes in (((3, 4), (4, 5)), ((200, 100), (100, 150))):
        a, b = operands(shapes, dtype)
        y, expected = kernels.matmul(a, b), np.matmul(a, b)
        assert y.dtype == expected.dtype
        np.testing.assert_allclose(y, expected, *((1e-2, 0.2) if dtype is np.float16 else (1e-4, 1e-4)))
    a, b = operands(((400, 400), (400, 400)), np.float32)
    assert kernels.matmul(a, b.astype(np.float64)).dtype == np.float64


def test_operands_may_lie_in_memory_in_any_way(threads: int) -> None:
    a, b = operands(((800, 900), (1000, 420)))
    for x, y in ((a.T, a), (a[::2, ::-1], b[::-1][:900]), (np.asfortranarray(a), b[50:950]), (b.T, b), (b, b.T)):
        np.testing.assert_allclose(kernels.matmul(x, y), np.matmul(x, y), 1e-12, 1e-11)
    batch = np.broadcast_to(a, (3, *a.shape))
    np.testing.assert_allclose(kernels.matmul(batch, batch.mT), np.matmul(batch, batch.mT), 1e-12, 1e-11)


@pytest.mark.parametrize("shape", [(1, 1), (0, 3), (3, 0), (191, 900), (192, 1000), (389, 300), (1009, 401)], ids=str)
@pytest.mark.parametrize("order", ["C", "F"])
def test_a_matrix_times_its_transpose_is_symmetric(shape: tuple[int, int], order: str, threads: int) -> None:
    (a,) = operands((shape,))
    a = np.asfortranarray(a) if order == "F" else a
    y = np.full((shape[0], shape[0]), np.nan)
    kernels.multiply_transposed(a, y)
    np.testing.assert_allclose(y, a @ a.T, 1e-12, 1e-11)
    np.testing.assert_array_equal(y, y.T)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("shapes", [((1009, 401), (401, 389)), ((40, 203, 101), (40, 101, 97)), ((30_011,), (30_011,))])
def test_the_bits_do_not_depend_on_the_number_of_threads(
    shapes: tuple[tuple[int, ...], ...], dtype: type[np.generic], monkeypatch: pytest.MonkeyPatch
) -> None:
    a, b = operands(shapes, dtype)
    found = set()
    for number in (1, 2, 3, 4, 7):
        monkeypatch.setenv("OPENBLAS_NUM_THREADS", str(number))
        found.add(kernels.matmul(a, b).tobytes())
    assert len(found) == 1


@pytest.mark.parametrize(
    "shapes", [((), (3,)), ((3, 4), (3, 4)), ((3,), (4,)), ((2, 3, 4), (3, 4, 5)), ((2, 3, 4), (5,))], ids=str
)
def test_what_does_not_multiply_raises(shapes: tuple[tuple[int, ...], ...]) -> None:
    with pytest.raises(ValueError, match=r"matmul|broadcast"):
        kernels.matmul(*operands(shapes))


def test_a_product_that_overflows_warns_in_pieces_too(threads: int) -> None:
    big = np.full((400, 400), 1e30, np.float32)
    with pytest.warns(RuntimeWarning, match="overflow"):
        kernels.matmul(big, big)
    with np.errstate(all="ignore"):
        assert np.isinf(kernels.matmul(big, big)).all()


@pytest.mark.parametrize(("size", "pieces", "tile"), [(1, 8, 96), (96, 2, 96), (97, 2, 96), (1000, 8, 96), (5, 4, 1)])
def test_cuts_cover_everything_once_at_multiples_of_the_tile(size: int, pieces: int, tile: int) -> None:
    cuts = kernels._cuts(size, pieces, tile)
    assert np.concatenate([np.arange(size)[cut] for cut in cuts]).tolist() == [*range(size)]
    assert all(cut.start % tile == 0 for cut in cuts)


@pytest.mark.parametrize("shape", [(700, 300), (300, 700), (401, 401)], ids=str)
def test_newton_and_schulz_in_pieces_are_the_plain_iteration(shape: tuple[int, int], threads: int) -> None:
    (x,) = operands((shape,))
    a, b, c = 3.4445, -4.775, 2.0315
    y = x / np.linalg.norm(x)
    for _ in range(3):
        gram = y @ y.T
        y = a * y + (b * gram + c * gram @ gram) @ y
    np.testing.assert_allclose(newton_schulz(x, (a, b, c), 3, 1e-7), y, 1e-9, 1e-11)
