"""The README's Python blocks run, one after the other, and print what their comments say."""

import re
from contextlib import redirect_stdout
from io import StringIO
from pathlib import Path

import kytorch
from kytorch import nn

README = Path(__file__).parents[1] / "README.md"


def test_the_python_blocks_print_what_their_comments_say(tmp_path: Path) -> None:
    code = "\n".join(re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL))
    promised = re.findall(r"print\(.*\)  # (.*)$", code, re.MULTILINE)
    printed = StringIO()
    with redirect_stdout(printed):
        exec(compile(code, str(README), "exec"), {"__name__": "readme", "path": tmp_path / "model.npz"})
    assert len(promised) >= 10
    assert printed.getvalue().splitlines() == promised


def test_the_table_of_layers_is_the_one_that_summary_prints() -> None:
    text = README.read_text(encoding="utf-8")
    code = re.search(r"```python\n(class Digits.*?)\n\n\ndigits", text, re.DOTALL)
    call, table = re.search(r"`print\((nn\.summary.*)\)` .*?```text\n(.*?)\n```", text, re.DOTALL).groups()  # type: ignore[union-attr]
    names = {"nn": nn, "kt": kytorch}
    exec(code[1], names)  # type: ignore[index]
    assert str(eval(call, names | {"digits": names["Digits"]()})) == table  # type: ignore[operator]
