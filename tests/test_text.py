"""Text as numbers: the vocabulary of characters, and windows to predict."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import kytorch as kt
from kytorch import Tensor, nn
from kytorch.data import Characters, DataLoader, TensorDataset, windows

# Characters


def test_a_vocabulary_is_each_character_once_in_order() -> None:
    vocabulary = Characters("hello, world")
    assert vocabulary.characters == " ,dehlorw" and len(vocabulary) == 9
    assert repr(vocabulary) == "Characters(' ,dehlorw')"


def test_a_character_is_its_place_in_the_vocabulary() -> None:
    numbers = Characters("cab").encode("abcba")
    assert numbers.tolist() == [0, 1, 2, 1, 0] and numbers.dtype == np.int64
    assert Characters("cab").encode("").shape == (0,)
    assert Characters("\ud800a").encode("a\ud800").tolist() == [0, 1]  # half of a pair, as in a file's name


@given(st.text(st.characters(), min_size=1))
def test_decoding_undoes_encoding_of_any_text(text: str) -> None:
    vocabulary = Characters(text)
    assert vocabulary.decode(vocabulary.encode(text)) == text
    assert vocabulary.characters == "".join(sorted(set(text)))


def test_lists_arrays_and_tensors_are_decoded() -> None:
    vocabulary = Characters("abc")
    given: list[Any] = [[2, 0], np.array([2, 0], np.uint8), Tensor([2, 0])]
    assert [vocabulary.decode(numbers) for numbers in given] == ["ca"] * 3
    assert vocabulary.decode([]) == ""


def test_unknown_characters_are_named() -> None:
    with pytest.raises(ValueError, match=r"not among the 2 characters of the vocabulary: '\\n', 'c', '😀'$"):
        Characters("ab").encode("acb😀\nc")
    with pytest.raises(ValueError, match=r"vocabulary: ' '$"):
        Characters("b").encode(" b")


@pytest.mark.parametrize("number", [-1, 3])
def test_a_number_of_no_character_is_refused(number: int) -> None:
    with pytest.raises(IndexError, match=f"decode: {number} is not the number of one of 3 characters"):
        Characters("abc").decode([0, number])


def test_the_vocabulary_is_kept_in_a_checkpoint_as_a_string(tmp_path: Path) -> None:
    vocabulary, model = Characters("a 'ß\n😀"), nn.Linear(1, 1)
    kt.save(model, tmp_path / "model.npz", metadata={"characters": vocabulary.characters})
    found = kt.load(model, tmp_path / "model.npz").metadata["characters"]
    assert isinstance(found, str)
    assert Characters(found).characters == vocabulary.characters


@pytest.mark.parametrize(
    ("call", "error", "said"),
    [
        (lambda: Characters(""), ValueError, "Characters: the text has no characters"),
        (lambda: Characters(["a"]), TypeError, "Characters: expected a str, not list"),
        (lambda: Characters("a").encode(b"a"), TypeError, "encode: expected a str, not bytes"),
        (lambda: Characters("a").decode([0.0]), TypeError, "decode: expected ints, not float64"),
        (lambda: Characters("a").decode([[0]]), ValueError, r"decode: expected one dimension, not shape \(1, 1\)"),
        (lambda: Characters("a").decode(Tensor(0)), ValueError, r"decode: expected one dimension, not shape \(\)"),
    ],
)
def test_what_is_no_text_or_no_numbers_is_refused(call: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        call()


# windows


@pytest.mark.parametrize("stride", [None, 1, 2, 3, 5])
@pytest.mark.parametrize(("length", "context"), [(2, 1), (10, 3), (10, 9), (13, 4)])
def test_a_window_is_an_input_and_the_same_one_further_on(length: int, context: int, stride: int | None) -> None:
    sequence = np.random.default_rng(0).integers(0, 100, length)
    step = stride or context
    expected = [
        (sequence[i : i + context].tolist(), sequence[i + 1 : i + context + 1].tolist())
        for i in range(0, length - context, step)
    ]
    dataset = windows(Tensor(sequence), context, stride)
    assert type(dataset) is TensorDataset
    assert [(x.tolist(), y.tolist()) for x, y in dataset] == expected


def test_without_a_stride_each_element_is_predicted_once() -> None:
    targets = [y for _, y in windows(Tensor(np.arange(13)), 4)]
    assert np.concatenate(targets).tolist() == list(range(1, 13))


def test_windows_share_the_sequences_memory() -> None:
    sequence = Tensor(np.arange(1000))
    for x in windows(sequence, 100, 1).tensors:
        assert x.shape == (900, 100) and np.shares_memory(x.numpy(), sequence.numpy())


def test_the_elements_may_have_a_shape_of_their_own() -> None:
    sequence = Tensor(np.arange(12.0).reshape(6, 2))
    x, y = windows(sequence, 2)[1]
    assert x.tolist() == [[4.0, 5.0], [6.0, 7.0]] and y.tolist() == [[6.0, 7.0], [8.0, 9.0]]


def test_a_loader_batches_windows() -> None:
    loader = DataLoader(windows(Tensor(np.arange(100)), 8, 1), 16, shuffle=True, generator=np.random.default_rng(0))
    firsts = []
    for x, y in loader:
        np.testing.assert_array_equal(y, x + 1)
        firsts.extend(x[:, 0].tolist())
    assert sorted(firsts) == list(range(92)) != firsts


@pytest.mark.parametrize(
    ("arguments", "error", "said"),
    [
        ((np.arange(9), 2), TypeError, "windows: expected a Tensor, as Characters.encode gives, not ndarray"),
        ((Tensor(np.arange(9)), 9), ValueError, r"a context of 9 and a stride of 9 in a sequence of shape \(9,\)"),
        ((Tensor(np.arange(9)), 0), ValueError, "a context of 0"),
        ((Tensor(np.arange(9)), 2, 0), ValueError, "a stride of 0"),
        ((Tensor(np.arange(9)), -1), ValueError, "windows: a negative number of context, -1"),
        ((Tensor(np.arange(9)), 2, -1), ValueError, "windows: a negative number of stride, -1"),
        ((Tensor(np.arange(9)), 2.0), TypeError, "windows: context is an int, not float"),
        ((Tensor(3), 2), ValueError, r"in a sequence of shape \(\)"),
    ],
)
def test_windows_that_do_not_fit_are_refused(arguments: Any, error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        windows(*arguments)
