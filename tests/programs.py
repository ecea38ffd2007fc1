"""How the programs in demos/ are run and what they are given."""

import csv
import gzip
import os
import re
import signal
import struct
import subprocess
import sys
from pathlib import Path
from subprocess import PIPE

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
    first = [before_it(cwd, f"import sys; sys.modules[{hide!r}] = None\n")] if hide else []
    command = [sys.executable, program, *map(str, arguments)]
    env = environment(*first)
    return subprocess.run(command, cwd=cwd, env=env, capture_output=True, text=True, timeout=120, check=False)


def output_of(program: Path, *arguments: object, cwd: Path, hide: str | None = None) -> str:
    """The standard output of a run that ends well and in silence on standard error."""
    done = run(program, *arguments, cwd=cwd, hide=hide)
    assert (done.returncode, done.stderr) == (0, "")
    return done.stdout


def before_it(cwd: Path, code: str) -> Path:
    """A folder beside `cwd` from which Python runs `code` first."""
    folder = cwd.parent / f"{cwd.name}-before"
    folder.mkdir(exist_ok=True)
    (folder / "sitecustomize.py").write_text(code)
    return folder


def interrupted(program: Path, *arguments: object, cwd: Path, after: str) -> tuple[int, str]:
    """The exit status and standard error of a program that gets Ctrl-C at a line that begins with `after`."""
    # Whoever runs the tests may ignore the signal, and then so does what they start.
    first = before_it(cwd, "import signal; signal.signal(signal.SIGINT, signal.default_int_handler)\n")
    command = [sys.executable, program, *map(str, arguments)]
    with subprocess.Popen(command, cwd=cwd, env=environment(first), stdout=PIPE, stderr=PIPE, text=True) as running:
        assert running.stdout is not None
        assert any(line.startswith(after) for line in running.stdout)
        running.send_signal(signal.SIGINT)
        stderr = running.communicate(timeout=60)[1]
    return running.returncode, stderr


def is_png(path: Path) -> bool:
    """Whether the file is a whole picture."""
    picture = path.read_bytes()
    return picture.startswith(b"\x89PNG") and picture.endswith(b"IEND\xaeB\x60\x82")


def bars(folder: Path, part: str, n: int) -> None:
    """Files as MNIST's, of images in which a bar's place is the digit."""
    labels = (np.arange(n) % 10).astype(np.uint8)
    images = np.random.default_rng(0).integers(0, 60, (n, 28, 28)).astype(np.uint8)
    images[np.arange(n), :, labels * 2 + 4] = 255
    for name, array in (("images-idx3", images), ("labels-idx1", labels)):
        header = struct.pack(f">HBB{array.ndim}I", 0, 8, array.ndim, *array.shape)
        (folder / f"{part}-{name}-ubyte.gz").write_bytes(gzip.compress(header + array.tobytes()))


def succeed(*arguments: object, cwd: Path, hide: str | None = None) -> str:
    """The standard output of a run of the trainer that ends well and in silence on standard error."""
    return output_of(TRAIN, *arguments, cwd=cwd, hide=hide)


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
