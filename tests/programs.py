"""How the programs in demos/ are run and what they are given."""

import csv
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np

ROOT = Path(__file__).resolve().parent.parent
DEMOS = ROOT / "demos"
WISCONSIN = DEMOS / "data" / "breast_cancer_wisconsin.csv"
TRAIN = DEMOS / "train_binary_classifier.py"
QUICK = ["--epochs", "3"]


def environment(*first: Path) -> dict[str, str]:
    """A user's environment in which kytorch is found, and what is in the folders `first` before all else."""
    return {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [*first, ROOT])), "PYTHONWARNINGS": "error"}


def run(program: Path, *arguments: object, cwd: Path, hide: str | None = None) -> subprocess.CompletedProcess[str]:
    """Run a program in `cwd`, with the package `hide`, if any, as good as not installed."""
    first = []
    if hide:
        folder = cwd.parent / f"{cwd.name}-without-{hide}"
        folder.mkdir(exist_ok=True)
        (folder / "sitecustomize.py").write_text(f"import sys\nsys.modules[{hide!r}] = None\n")
        first = [folder]
    command = [sys.executable, program, *map(str, arguments)]
    env = environment(*first)
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False)


def succeed(*arguments: object, cwd: Path, hide: str | None = None) -> str:
    """The standard output of a run of the trainer that ends well and in silence on standard error."""
    done = run(TRAIN, *arguments, cwd=cwd, hide=hide)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def reported(output: str, name: str) -> float:
    return float(re.search(rf"{name} +([\d.]+)$", output, re.MULTILINE)[1])


def rows_of(path: Path, delimiter: str = ",") -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=delimiter))


def table(n: int = 60) -> list[list[str]]:
    """A header and `n` rows of two columns that tell apart the labels no and yes, both equally frequent."""
    random = np.random.default_rng(7)
    rows = [["size", "weight", "label"]]
    for i in range(n):
        size, weight = random.normal(i % 2, 0.5), random.normal(-(i % 2), 0.5)
        rows.append([f"{size:.3f}", f"{weight:.3f}", ["no", "yes"][i % 2]])
    return rows


def text(rows: list[list[str]], delimiter: str = ",") -> str:
    return "".join(delimiter.join(row) + "\n" for row in rows)


def edited(row: int, column: int, cell: str) -> str:
    """The small table with one cell replaced; row 1 is the header, column 1 the first."""
    rows = table()
    rows[row - 1][column - 1] = cell
    return text(rows)


def refused(done: subprocess.CompletedProcess[str], *said: str) -> None:
    """It ended with status 2 and one line on standard error that says all of `said`."""
    assert done.returncode == 2
    assert done.stderr.startswith("train_binary_classifier: ")
    assert done.stderr.count("\n") == 1 and done.stderr.endswith("\n")
    for words in said:
        assert words in done.stderr
    assert "Epoch" not in done.stdout
