"""Imports run one way: kernels < tensor < autodiff < ops < linalg < func < nn < optim, data, checkpoint."""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

import kytorch

PACKAGE = Path(kytorch.__file__).parent

# A part may import itself and what stands in a lower rank; parts of one rank do not know each other.
RANKS = {
    "kernels": 0, "tensor": 1, "autodiff": 2, "ops": 3, "linalg": 4, "func": 5, "nn": 6, "optim": 7, "data": 7,
    "checkpoint": 8,
}  # fmt: skip
# What stands beside the order: what NumPy's functions do to Tensors, checks of gradients above func, and the anomaly
# hunt and the profiler, which name the layer, above nn.
OTHERS = {"numpy_functions": 5, "testing": 6, "anomaly": 7, "profiling": 7}
LEVEL = {**RANKS, **OTHERS}

# Extras, imported where they are used, so that the core does without them.
OPTIONAL = {"matplotlib", "safetensors", "tqdm"}
# What type checkers bring along, imported under TYPE_CHECKING alone.
FOR_TYPES = {"typing_extensions"}


class Import(NamedTuple):
    file: Path
    line: int
    name: str
    in_function: bool

    def __str__(self) -> str:
        return f"{self.file.relative_to(PACKAGE.parent)}:{self.line} imports {self.name}"


def imports() -> Iterator[Import]:
    for file in sorted(PACKAGE.rglob("*.py")):
        yield from _imports_below(file, ast.parse(file.read_text(encoding="utf-8")), False)


def _imports_below(file: Path, node: ast.AST, in_function: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        inside = in_function or isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
        if isinstance(child, ast.Import):
            for alias in child.names:
                yield Import(file, child.lineno, alias.name, in_function)
        elif isinstance(child, ast.ImportFrom):
            module = child.module or ""
            if child.level:
                package = file.relative_to(PACKAGE.parent).parent.parts
                module = ".".join([*package[: len(package) - child.level + 1], *filter(None, [module])])
            for alias in child.names:
                yield Import(file, child.lineno, _module_or_name(module, alias.name), in_function)
        yield from _imports_below(file, child, inside)


def _module_or_name(module: str, name: str) -> str:
    """`module.name` if that is a module of the package, else `module`."""
    path = PACKAGE.parent.joinpath(*module.split("."), name)
    return f"{module}.{name}" if path.is_dir() or path.with_suffix(".py").is_file() else module


def part(name: str) -> str | None:
    """The part of the package that a dotted module name belongs to; None for the package itself."""
    names = name.split(".")
    return names[1] if len(names) > 1 else None


def module_of(file: Path) -> str:
    return ".".join(file.relative_to(PACKAGE.parent).with_suffix("").parts).removesuffix(".__init__")


ALL = list(imports())


def test_every_part_has_a_place_in_the_order() -> None:
    parts = {path.stem for path in PACKAGE.iterdir() if path.suffix == ".py" or (path / "__init__.py").is_file()}
    assert parts - {"__init__"} <= set(LEVEL), "a part without a place in the order of imports"


def test_no_arrow_runs_back() -> None:
    for found in ALL:
        if found.name.split(".")[0] != "kytorch" or found.file == PACKAGE / "__init__.py":
            continue
        source, target = part(module_of(found.file)), part(found.name)
        assert target is not None, f"{found}, the whole package"
        if source != target:
            assert LEVEL[target] < LEVEL[str(source)], f"{found}, which stands above it or beside it"


def test_no_two_modules_import_each_other_in_a_circle() -> None:
    modules = {module_of(file) for file in PACKAGE.rglob("*.py")}
    arrows: dict[str, set[str]] = {module: set() for module in modules}
    for found in ALL:
        if found.name in modules:
            arrows[module_of(found.file)].add(found.name)
    done: set[str] = set()

    def visit(module: str, above: tuple[str, ...]) -> None:
        assert module not in above, " > ".join([*above, module])
        if module not in done:
            for target in sorted(arrows[module]):
                visit(target, (*above, module))
            done.add(module)

    for module in sorted(modules):
        visit(module, ())


def test_only_numpy_and_the_standard_library_are_imported() -> None:
    allowed = {"kytorch", "numpy", *FOR_TYPES, *sys.stdlib_module_names}
    for found in ALL:
        top = found.name.split(".")[0]
        assert top in allowed or (top in OPTIONAL and found.in_function), str(found)


def test_the_kernels_import_nothing_of_the_package_but_kernels() -> None:
    for found in ALL:
        if part(module_of(found.file)) == "kernels" and found.name.startswith("kytorch"):
            assert part(found.name) == "kernels", str(found)


def test_no_function_imports_anything_but_an_extra() -> None:
    for found in ALL:
        assert not found.in_function or found.name.split(".")[0] in OPTIONAL, str(found)


def _loaded_by(statement: str) -> set[str]:
    code = f"import sys; {statement}; print(*sys.modules)"
    run = subprocess.run(
        [sys.executable, "-W", "error", "-c", code], cwd=PACKAGE.parent, capture_output=True, text=True, check=True
    )
    return set(run.stdout.split())


def test_importing_kytorch_loads_numpy_and_the_standard_library_only() -> None:
    loaded = {name.split(".")[0] for name in _loaded_by("import kytorch") - _loaded_by("import numpy")}
    strangers = loaded - set(sys.stdlib_module_names) - {"kytorch", "numpy", "cython_runtime"}
    assert not {name for name in strangers if not name.startswith("_cython")}
    assert not loaded & {"torch", *OPTIONAL}
    assert not FOR_TYPES & _loaded_by("import kytorch.nn")


def test_importing_kytorch_prints_nothing() -> None:
    run = subprocess.run(
        [sys.executable, "-c", "import kytorch"], cwd=PACKAGE.parent, capture_output=True, text=True, check=False
    )
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")


@pytest.mark.parametrize("module", sorted({module_of(file) for file in PACKAGE.rglob("*.py")}))
def test_each_module_can_be_imported_first(module: str) -> None:
    assert module in _loaded_by(f"import {module}")


def test_what_the_package_exports_is_there_and_sorted() -> None:
    assert len(set(kytorch.__all__)) == len(kytorch.__all__)
    for name in kytorch.__all__:
        assert hasattr(kytorch, name), name
