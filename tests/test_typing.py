"""The types, as `mypy --strict` sees them: what must pass, and the lines that must fail."""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

import kytorch

PACKAGE = Path(kytorch.__file__).parent
TYPING = Path(__file__).parent / "typing"
PASSES = sorted((TYPING / "passes").glob("*.py"))
FAILS = sorted((TYPING / "fails").glob("*.py"))

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("mypy") is None and not os.environ.get("CI"), reason="mypy is not installed"
)


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("mypy")


def _mypy(cache: Path, *arguments: str) -> tuple[int, str]:
    """mypy's exit status and output, with nothing configured but --strict."""
    command = [sys.executable, "-m", "mypy", "--strict", "--config-file=", f"--cache-dir={cache}"]
    environment = {**os.environ, "MYPYPATH": str(PACKAGE.parent)}
    run = subprocess.run(
        [*command, *arguments], cwd=PACKAGE.parent, env=environment, capture_output=True, text=True, check=False
    )
    assert run.returncode in (0, 1), run.stdout + run.stderr
    return run.returncode, run.stdout


@pytest.fixture(scope="module")
def package(cache: Path) -> tuple[int, str]:
    return _mypy(cache, "-p", "kytorch")


def test_the_package_passes(package: tuple[int, str]) -> None:
    status, output = package
    assert status == 0, output


def _errors(cache: Path, file: Path) -> dict[int, str]:
    """The lines at which mypy finds an error, in `file` itself."""
    _, output = _mypy(cache, str(file))
    found = re.findall(rf"^\S*{re.escape(file.name)}:(\d+): error: (.*)$", output, re.MULTILINE)
    return {int(line): message for line, message in found if f"typing/{file.parent.name}" in output}


@pytest.mark.parametrize("file", PASSES, ids=lambda file: file.stem)
def test_what_a_user_writes_passes(file: Path, cache: Path, package: tuple[int, str]) -> None:
    assert not _errors(cache, file)


@pytest.mark.parametrize("file", FAILS, ids=lambda file: file.stem)
def test_exactly_the_marked_lines_fail(file: Path, cache: Path, package: tuple[int, str]) -> None:
    lines = file.read_text(encoding="utf-8").splitlines()
    marked = {number for number, line in enumerate(lines, 1) if line.endswith("# error")}
    errors = _errors(cache, file)
    assert marked
    assert not {number: lines[number - 1] for number in marked - errors.keys()}, "mypy lets these pass"
    assert not {number: message for number, message in errors.items() if number not in marked}, "mypy refuses these"


def test_every_signature_of_the_package_is_annotated_without_any() -> None:
    """No public function answers Any but those whose answer's type is known at run time only."""
    allowed = {"kytorch/tensor/core.py:tolist", "kytorch/tensor/holder.py:tolist"}
    found = set()
    for file in PACKAGE.rglob("*.py"):
        name = file.relative_to(PACKAGE.parent).as_posix()
        for match in re.finditer(r"def ([a-z]\w*)\([^)]*\)\s*->\s*Any\b", file.read_text(encoding="utf-8")):
            found.add(f"{name}:{match.group(1)}")
    assert found <= allowed
