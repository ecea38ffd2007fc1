"""The readers of CSV files, of text, and of the digits that ship."""

from __future__ import annotations

import gzip
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from kytorch.data import DataLoader, LabelledTable, Table, TensorDataset, read_csv, read_digits, read_text

FLOWERS = "length,width,kind\n5.1,3.5,setosa\n7.0,3.2,versicolor\n\n6.3,3.3,setosa\n"


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "table.csv"
    path.write_text(FLOWERS)
    return path


def written(path: Path, content: str | bytes) -> Path:
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    return path


# read_csv: what it reads


def test_columns_of_numbers_are_float32_under_their_names(file: Path) -> None:
    table = read_csv(written(file, "a, b \n1,2.5\n-3e2, 4 \n"))
    assert type(table) is Table
    assert table.columns == ("a", "b")
    assert table.values.tolist() == [[1.0, 2.5], [-300.0, 4.0]] and table.values.dtype == np.float32


def test_a_column_of_labels_becomes_classes_in_the_order_of_the_alphabet(file: Path) -> None:
    table = read_csv(file, label="kind")
    assert type(table) is LabelledTable
    assert table.columns == ("length", "width") and table.classes == ("setosa", "versicolor")
    assert table.labels.tolist() == [0, 1, 0] and table.labels.dtype == np.int64
    np.testing.assert_array_equal(table.values, np.float32([[5.1, 3.5], [7.0, 3.2], [6.3, 3.3]]))
    x, label = next(iter(DataLoader(TensorDataset(table.values, table.labels), 2)))
    assert x.shape == (2, 2) and label.tolist() == [0, 1]


def test_blanks_about_a_label_are_no_part_of_it(file: Path) -> None:
    table = read_csv(written(file, "x,y\n1, a\n2,b \n3,a\n"), label="y")
    assert table.classes == ("a", "b") and table.labels.tolist() == [0, 1, 0]


def test_labels_that_are_numbers_are_in_the_order_of_numbers(file: Path) -> None:
    table = read_csv(written(file, "x,y\n1,10\n2,9\n3,-1\n4,9\n"), label="y")
    assert table.classes == ("-1", "9", "10") and table.labels.tolist() == [2, 1, 0, 1]


def test_labels_that_write_one_number_differently_are_always_in_one_order(file: Path) -> None:
    texts = ["+1", "01", "1", "1.", "1.0", "1e0"]
    rows = "".join(f"0,{text}\n" for text in reversed(texts))
    assert read_csv(written(file, f"x,y\n0,1.5\n{rows}"), label="y").classes == (*texts, "1.5")


def test_the_classes_of_another_part_number_the_labels_of_this_one(file: Path) -> None:
    table = read_csv(file, label="kind", classes=["virginica", "versicolor", "setosa"])
    assert table.classes == ("virginica", "versicolor", "setosa") and table.labels.tolist() == [2, 1, 2]


@pytest.mark.parametrize("columns", [["width", "length"], [1, 0], [-2, -3], ["width", 0], (np.int64(1), "length")])
def test_columns_are_chosen_by_name_or_place_in_any_order(file: Path, columns: list[str | int]) -> None:
    table = read_csv(file, columns=columns)
    assert table.columns == ("width", "length")
    np.testing.assert_array_equal(table.values, np.float32([[3.5, 5.1], [3.2, 7.0], [3.3, 6.3]]))


def test_columns_may_be_named_by_whole_numbers(file: Path) -> None:
    table = read_csv(written(file, "2019,2020,inf\n1,2,3\n"), columns=["2020", 0])
    assert table.columns == ("2020", "2019") and table.values.tolist() == [[2.0, 1.0]]


@pytest.mark.parametrize("columns", [None, [2, 0, 1], ["b", "a"], [1], []])
def test_the_values_lie_row_by_row_and_cannot_be_written(file: Path, columns: list[str | int] | None) -> None:
    values = read_csv(written(file, "a,b,c\n1,2,3\n4,5,6\n"), columns=columns).values
    chosen = [0, 1, 2] if columns is None else ["abc".find(c) if isinstance(c, str) else c for c in columns]
    np.testing.assert_array_equal(values, np.float32([[1, 2, 3], [4, 5, 6]])[:, chosen])
    array: Any = values.numpy()
    while isinstance(array, np.ndarray):
        assert array.flags.c_contiguous and not array.flags.writeable
        array = array.base


def test_a_table_may_have_thousands_of_columns(file: Path) -> None:
    n = 30_000
    names, cells = [f"gene{i}" for i in range(n)], np.arange(2 * n)
    lines = [",".join(map(str, each)) for each in (names, cells[:n], cells[n:])]
    table = read_csv(written(file, "\n".join(lines)), columns=names[::-1])  # takes minutes if each name is searched for
    assert table.columns == tuple(names[::-1])
    np.testing.assert_array_equal(table.values, cells.reshape(2, n)[:, ::-1])
    with pytest.raises(ValueError, match=r"no column 'x'; the columns are gene0, .*, gene19 and 29980 more$"):
        read_csv(file, label="x")


def test_without_a_header_the_first_line_has_numbers_too(file: Path) -> None:
    table = read_csv(written(file, "1,2,0\n3,4,1\n"), header=False, label=-1)
    assert table.columns == ("0", "1") and table.values.tolist() == [[1.0, 2.0], [3.0, 4.0]]
    assert table.labels.tolist() == [0, 1]


def test_quoted_cells_hold_delimiters_quotes_and_ends_of_lines(file: Path) -> None:
    table = read_csv(written(file, 'x,"the ""kind"", in words"\r\n"1.5","a,\r\nb"\r\n2,"a ""b"""\r\n'), label=1)
    assert table.values.tolist() == [[1.5], [2.0]] and table.classes == ('a "b"', "a,\nb")
    assert read_csv(file, columns=["x"], label='the "kind", in words').labels.tolist() == [1, 0]


@pytest.mark.parametrize("delimiter", [";", "\t", "|", " "])
def test_cells_are_split_at_the_delimiter(file: Path, delimiter: str) -> None:
    table = read_csv(written(file, FLOWERS.replace(",", delimiter)), label=2, delimiter=delimiter)
    np.testing.assert_array_equal(table.values[0], np.float32([5.1, 3.5]))


@pytest.mark.parametrize(
    "encoded",
    [FLOWERS.encode("utf-8-sig"), gzip.compress(FLOWERS.encode()), FLOWERS.replace("\n", "\r\n").encode(),
     FLOWERS.replace("\n", "\r").encode(), FLOWERS.rstrip().encode()],
    ids=["byte order mark", "gzip", "CRLF", "CR", "no last end of line"],
)  # fmt: skip
def test_a_file_is_read_alike_however_it_is_stored(file: Path, encoded: bytes) -> None:
    table = read_csv(str(written(file, encoded)), label="kind")
    assert table.columns == ("length", "width") and table.classes == ("setosa", "versicolor")
    assert table.values.shape == (3, 2)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, "int64", np.uint8, ">f4"])
def test_the_numbers_have_the_dtype_asked_for(file: Path, dtype: Any) -> None:
    table = read_csv(written(file, "x,y\n1,200\n3,4\n"), dtype=dtype)
    assert table.values.dtype == np.dtype(dtype).newbyteorder("=") and table.values.tolist() == [[1, 200], [3, 4]]


def test_a_whole_number_beyond_a_floats_digits_is_read_exactly(file: Path) -> None:
    assert read_csv(written(file, f"x\n{2**53 + 1}\n"), dtype=np.int64).values.item() == 2**53 + 1


@settings(max_examples=50)
@given(st.lists(st.tuples(*[st.floats(allow_nan=False, allow_infinity=False)] * 3), min_size=1, max_size=8))
def test_float64_comes_back_as_it_was_written(tmp_path_factory: pytest.TempPathFactory, rows: list[Any]) -> None:
    text = "a,b,c\n" + "".join(",".join(map(repr, row)) + "\n" for row in rows)
    path = written(tmp_path_factory.getbasetemp() / "floats.csv", text)
    np.testing.assert_array_equal(read_csv(path, dtype=np.float64).values, rows)


# read_csv: what it refuses

NO_FINITE = "is no finite number"
WRONG = {
    "a missing value": ("x,y\n1,2\n3,\n", r"line 3, column 2 \(y\): the value is missing"),
    "a blank value": ('x,y\n"  ",2\n', r"line 2, column 1 \(x\): the value is missing"),
    "a missing value after an empty line": ("x,y\n1,2\n\n\n,4\n", r"line 5, column 1 \(x\): the value is missing"),
    "a missing value after a cell of two lines": ('x,"y\nz"\n1,2\n3,\n', r"line 4, column 2 \(y\nz\): the value is"),
    "text": ("x,y\n1,2\n3,?\n", rf"line 3, column 2 \(y\): '\?' {NO_FINITE}"),
    "a decimal comma": ('x\n"1,5"\n', rf"line 2, column 1 \(x\): '1,5' {NO_FINITE}"),
    "a number as Python writes it": ("x\n1_000\n", rf"'1_000' {NO_FINITE}"),
    "NaN": ("x\nnan\n", rf"line 2, column 1 \(x\): 'nan' {NO_FINITE}"),
    "infinity": ("x\n-inf\n", rf"'-inf' {NO_FINITE}"),
    "a number beyond the dtype": ("x\n1e39\n", rf"'1e39' {NO_FINITE}"),
    "long text": (f"x\n{'a' * 50}\n", rf"'{'a' * 37}\.\.\.' {NO_FINITE}"),
    "a cell too few": ("x,y\n1,2\n3\n", "line 3 has 1 cells, line 1 has 2, split at delimiter=','"),
    "a cell too many": ("x,y\n1,2,3\n", "line 2 has 3 cells, line 1 has 2"),
    "an open quote": ('x,y\n1,2\n3,"4\n5,6\n', "line 3 is no CSV: "),
    "text after a quote": ('x,y\n"1"2,3\n', "line 2 is no CSV: "),
    "nothing": ("", "the file is empty"),
    "a header alone": ("x,y\n", "has a header, but no rows"),
    "a header of numbers": ("1.5,2\n3,4\n", "the header has the number 1.5; without a header, pass header=False"),
    "a name twice": ("x,y,x\n1,2,3\n", "columns 1 and 3 are both called 'x'; without a header, pass header=False"),
    "another encoding": ("x\n1\né\n".encode("latin-1"), "line 3 is not UTF-8 text"),
    "a damaged gzip file": (gzip.compress(b"x\n1\n")[:10] + b"\xff" * 20, "the gzip file is damaged or not whole"),
    "half a gzip file": (gzip.compress(b"x\n1\n")[:-9], "the gzip file is damaged or not whole"),
}


@pytest.mark.parametrize(("content", "said"), WRONG.values(), ids=WRONG)
def test_a_table_that_is_not_right_is_refused_with_its_place(file: Path, content: str | bytes, said: str) -> None:
    with pytest.raises(ValueError, match=rf"table\.csv: {said}|table\.csv: line.*{said}"):
        read_csv(written(file, content))


@pytest.mark.parametrize(
    ("cell", "dtype", "said"),
    [
        ("2.5", np.int64, "'2.5' is no int64"),
        ("256", np.uint8, "'256' is no uint8"),
        ("-1", np.uint8, "'-1' is no uint8"),
        ("1e5", np.float16, "'1e5' is no finite number"),
    ],
)
def test_a_number_that_the_dtype_has_not_is_refused(file: Path, cell: str, dtype: Any, said: str) -> None:
    with pytest.raises(ValueError, match=rf"table\.csv: line 2, column 1 \(x\): {said}"):
        read_csv(written(file, f"x\n{cell}\n"), dtype=dtype)


def test_a_fault_is_found_in_the_chosen_columns_alone(file: Path) -> None:
    written(file, "a,b,c\n1,2,\n?,4,5\n")
    assert read_csv(file, columns=["b"]).values.tolist() == [[2.0], [4.0]]
    with pytest.raises(ValueError, match=r"line 2, column 3 \(c\): the value is missing"):
        read_csv(file, columns=["c", "b"])


def test_a_label_that_is_missing_or_none_of_the_classes_is_refused(file: Path) -> None:
    with pytest.raises(ValueError, match=r"line 3, column 3 \(kind\): 'versicolor' is not one of the classes setosa"):
        read_csv(file, label="kind", classes=["setosa"])
    with pytest.raises(ValueError, match=r"line 2, column 2 \(y\): the label is missing"):
        read_csv(written(file, "x,y\n1, \n"), label="y")


@pytest.mark.parametrize(
    ("options", "error", "said"),
    [
        ({"label": "sort"}, ValueError, "there is no column 'sort'; the columns are length, width, kind"),
        ({"columns": ["wide"]}, ValueError, "there is no column 'wide'"),
        ({"label": 3}, IndexError, "there is no column 3; there are 3"),
        ({"columns": [-4]}, IndexError, "there is no column -4; there are 3"),
        ({"columns": [0.5]}, TypeError, "a column is given by name or by place, not by 0.5"),
        ({"columns": "width"}, TypeError, "columns are to be a list of names or places, not 'width'"),
        ({"header": False, "columns": ["width"]}, ValueError, "without a header, columns are given by place"),
        ({"columns": [0], "classes": ["a"]}, ValueError, "classes are those of the column label, and there is none"),
        ({"label": 2, "classes": "abc"}, TypeError, "classes are to be a list of names, not 'abc'"),
        ({"label": 2, "classes": ["setosa", "setosa"]}, ValueError, "the classes setosa, setosa name one twice"),
        ({"columns": [0], "dtype": bool}, TypeError, "expected a dtype of numbers, not bool"),
        ({"columns": [0], "dtype": str}, TypeError, "read_csv: a Tensor cannot have dtype"),
        ({"delimiter": ", "}, ValueError, "read_csv: the delimiter is to be one character that is no quote, not ', '"),
        ({"delimiter": ""}, ValueError, "read_csv: the delimiter is to be one character"),
        ({"delimiter": '"'}, ValueError, "read_csv: the delimiter is to be one character"),
        ({"delimiter": "\n"}, ValueError, "read_csv: the delimiter is to be one character"),
        ({"delimiter": 1}, TypeError, "read_csv: the delimiter is to be a character, not int"),
        ({"label": 2, "classes": [0, 1]}, TypeError, r"classes are to be a list of names, not \[0, 1\]"),
    ],
)
def test_a_wrong_call_is_refused(file: Path, options: dict[str, Any], error: type[Exception], said: str) -> None:
    with pytest.raises(error, match=said):
        read_csv(file, **options)


@settings(max_examples=100)
@given(st.one_of(st.binary(), st.text('01,.;"\n\r -e_x', max_size=30).map(str.encode)), st.booleans(), st.booleans())
def test_whatever_the_file_holds_it_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes, header: bool, whole: bool
) -> None:
    path = written(tmp_path_factory.getbasetemp() / "anything.csv", content)
    try:
        table = read_csv(path, label=0, header=header, dtype=np.int64 if whole else np.float32)
    except ValueError as error:
        assert str(path) in str(error)
    else:
        assert len(table.labels) == len(table.values) > 0
        assert table.values.shape[1] == len(table.columns) and bool(table.values.isfinite().all())


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    for read in (read_csv, read_text):
        with pytest.raises(FileNotFoundError, match=r"nothing\.csv"):
            read(tmp_path / "nothing.csv")


# read_text


def test_text_is_read_plain_or_packed_with_newlines(file: Path) -> None:
    for content in ("é\r\nb\rc\n", gzip.compress("é\nb\nc\n".encode()), "é\nb\nc\n".encode("utf-8-sig")):
        assert read_text(written(file, content)) == "é\nb\nc\n"
    assert read_text(written(file, "")) == ""
    with pytest.raises(ValueError, match=r"table\.csv: line 2 is not UTF-8 text"):
        read_text(written(file, b"a\n\xff"))


# read_digits


def test_the_digits_that_ship_are_1797_images_with_their_labels() -> None:
    digits = read_digits()
    images, labels = digits.tensors
    assert len(digits) == 1797
    assert images.shape == (1797, 1, 8, 8) and images.dtype == np.float32
    assert labels.dtype == np.int64
    assert np.bincount(labels.numpy()).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    np.testing.assert_array_equal(np.unique(images), np.arange(17, dtype=np.float32) / 16)
    zero = "0 0 5 13 9 1 0 0 0 0 13 15 10 15 5 0 0 3 15 2 0 11 8 0 0 4 12 0 0 8 8 0 0 5 8 0 0 9 8 0 0 4 11 0 1 12 7 0"
    assert labels[0].item() == 0
    assert (images[0] * 16).reshape(-1)[:48].tolist() == [float(pixel) for pixel in zero.split()]
