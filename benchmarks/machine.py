"""What the numbers were measured on."""

import os
import platform
from importlib import metadata
from pathlib import Path

import numpy as np

import kytorch
from benchmarks.measure import REMOVED, THREADS, Settings


def version_of(package: str) -> str | None:
    """The version of an installed package, which is not imported; None if there is none."""
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def torch_version() -> str | None:
    """The version of the PyTorch to compare with."""
    return version_of("torch")


def description(settings: Settings) -> dict[str, str]:
    """Machine, versions, threads and the environment that matters, each in words."""
    build: dict[str, dict[str, dict[str, str]]] = np.show_config(mode="dicts")  # type: ignore[assignment]  # typed as a bare dict
    blas = build["Build Dependencies"]["blas"]
    environment = sorted(os.environ.items())
    removed = [f"{name}={value}" for name, value in environment if name.startswith(REMOVED)]
    kept = [f"{name}={value}" for name, value in environment if name.startswith("KYTORCH_")]
    return {
        "machine": f"{platform.system()} {platform.release()}, {platform.machine()}, {os.cpu_count()} cores",
        "processor": processor(),
        "load": ", ".join(f"{load:.2f}" for load in os.getloadavg()) + " (1, 5 and 15 minutes)",
        "python": f"{platform.python_implementation()} {platform.python_version()}",
        "kytorch": kytorch.__version__,
        "numpy": f"{np.__version__}, {blas['name']} {blas['version']}",
        "torch": torch_version() or "not installed",
        "threads": f"{', '.join(map(str, settings.threads))}, by {', '.join(THREADS)} and torch.set_num_threads",
        "removed from the environment": ", ".join(removed) or "nothing",
        "kytorch's settings": ", ".join(kept) or "none, so that free memory is kept",
        "measured": f"{settings.rounds} rounds, {settings.seconds:g} s a process; medians",
        "unsteady": "the rounds of a side differ by more than a quarter, so that the target is not judged",
    }


def processor() -> str:
    """The processor's name."""
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        facts = dict(line.split(":", 1) for line in cpuinfo.read_text().splitlines() if ":" in line)
        facts = {name.strip(): value.strip() for name, value in facts.items()}
        if "model name" in facts:
            numbers = [facts.get(name, "?") for name in ("cpu family", "model")]
            vector = "AVX-512" if "avx512f" in facts.get("flags", "") else "no AVX-512"
            return f"{facts['model name']} (family {numbers[0]}, model {numbers[1]}; {vector})"
    return platform.processor() or "unknown"
