"""The README's Python blocks run, one after the other, and print what their comments say."""

import re
from contextlib import redirect_stdout
from inspect import isfunction
from io import StringIO
from pathlib import Path

import pytest

import kytorch
from kytorch import Tensor, data, nn, optim

README = Path(__file__).parents[1] / "README.md"


def test_the_python_blocks_print_what_their_comments_say(tmp_path: Path) -> None:
    code = "\n".join(re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL))
    promised = re.findall(r"print\(.*\)  # (.*)$", code, re.MULTILINE)
    printed = StringIO()
    with redirect_stdout(printed):
        exec(compile(code, str(README), "exec"), {"__name__": "readme", "path": tmp_path / "model.npz"})
    assert len(promised) >= 10
    assert printed.getvalue().splitlines() == promised


def test_the_training_block_goes_on_as_if_it_had_not_been_interrupted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    blocks = re.findall(r"```python\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    (block,) = [block for block in blocks if "kept.exists()" in block]
    loss = nn.functional.cross_entropy

    def end(folder: Path, stop: int = 0) -> dict[str, object]:
        """What the block leaves, which is interrupted in the step `stop`."""
        calls = iter(range(1, 1000))

        def interrupted(*arguments: Tensor) -> Tensor:
            if next(calls) == stop:
                raise KeyboardInterrupt
            return loss(*arguments)

        monkeypatch.setattr(nn.functional, "cross_entropy", interrupted)
        names: dict[str, object] = {"kt": kytorch, "nn": nn, "optim": optim, "path": folder / "model.npz"}
        with redirect_stdout(StringIO()):
            exec(compile(block, str(README), "exec"), names)
        return {"step": names["adam"].step, "averages": [x.tobytes() for x in names["averages"].average.values()]}  # type: ignore[attr-defined]

    (tmp_path / "whole").mkdir()
    whole = end(tmp_path / "whole")
    last = whole["step"]
    assert isinstance(last, int)
    for stop in (120, last):
        with pytest.raises(KeyboardInterrupt):
            end(tmp_path, stop)
        assert end(tmp_path) == whole
        (tmp_path / "digits.npz").unlink()


def test_the_tables_of_training_name_all_that_there_is_and_nothing_else() -> None:
    section = README.read_text(encoding="utf-8").split("## Training that can be left alone")[1]
    table = re.search(r"^\| optimizers .*?\n\n", section, re.DOTALL | re.MULTILINE)
    assert table is not None
    named = set(re.findall(r"\w+", " ".join(re.findall(r"`([^`]*)`", table[0]))))
    functions = {
        name
        for module in (optim.schedule, data.images)
        for name, f in vars(module).items()
        if isfunction(f) and f.__module__ == module.__name__ and not name.startswith("_")
    }
    states = {name for name in optim.__all__ if name.endswith("State")}
    public = {*optim.__all__, *data.__all__, *functions, "Schedule"} - {"functional"}
    spoken = {"optim", "data", "with", "model", "state", "collate_fn", "transform", "state_dict"}
    assert named - spoken <= public
    assert public - states <= named


def test_the_table_of_layers_is_the_one_that_summary_prints() -> None:
    text = README.read_text(encoding="utf-8")
    code = re.search(r"```python\n(class Digits.*?)\n\n\ndigits", text, re.DOTALL)
    call, table = re.search(r"`print\((nn\.summary.*)\)` .*?```text\n(.*?)\n```", text, re.DOTALL).groups()  # type: ignore[union-attr]
    names = {"nn": nn, "kt": kytorch}
    exec(code[1], names)  # type: ignore[index]
    assert str(eval(call, names | {"digits": names["Digits"]()})) == table  # type: ignore[operator]
